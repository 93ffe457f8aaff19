// SPDX-License-Identifier: GPL-2.0-only
/* sk-queues.img: what is in the queues of unix sockets. */
#include <errno.h>
#include <string.h>

#include "criu/image/file.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/socket.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define RIGHTS_MAX 253 /* SCM_MAX_FD */

static const char queue_key;

/* --- dump --- */

static uint32_t file_of(const struct dump *dump, const struct unix_message *message, unsigned int i)
{
	return message->held ? message->held[i]->file_id : dump->flight->fds[message->first_fd + i].file_id;
}

static void fill_rights(struct dump *dump, const struct unix_message *message, SkPacketEntry *record)
{
	ScmEntry *scm = arena_new(&dump->arena, ScmEntry);

	scm_entry__init(scm);
	scm->type = SCM_RIGHTS;
	scm->n_rights = message->nr_fds;
	scm->rights = arena_array(&dump->arena, uint32_t, message->nr_fds);
	for (unsigned int i = 0; i < message->nr_fds; i++)
		scm->rights[i] = file_of(dump, message, i);
	record->n_scm = 1;
	record->scm = arena_copy(&dump->arena, &scm, sizeof(scm));
}

static void fill_cred(struct dump *dump, const struct unix_message *message, SkPacketEntry *record)
{
	PacketCredEntry *cred = arena_new(&dump->arena, PacketCredEntry);

	packet_cred_entry__init(cred);
	cred->pid = (uint32_t)message->cred.pid;
	cred->uid = message->cred.uid;
	cred->gid = message->cred.gid;
	record->cred = cred;
}

SkPacketEntry *unix_packet_record(struct dump *dump, uint32_t id, const struct unix_message *message)
{
	SkPacketEntry *record = arena_new(&dump->arena, SkPacketEntry);

	sk_packet_entry__init(record);
	record->id_for = id;
	record->length = message->length;
	if (message->nr_fds)
		fill_rights(dump, message, record);
	if (message->has_cred)
		fill_cred(dump, message, record);
	record->has_address = message->address_size > 0;
	record->address.len = message->address_size;
	record->address.data = message->address;
	record->has_urgent = record->urgent = message->urgent;
	return record;
}

static int write_message(struct dump *dump, struct image_file *image, uint32_t id, const struct unix_message *message)
{
	int ret = image_write_record(image, &unix_packet_record(dump, id, message)->base);

	return ret < 0 ? ret : image_write_bytes(image, message->data, message->length);
}

static int write_queue(struct dump *dump, struct image_file *image, const struct fd_info *fd)
{
	struct unix_dump *state = unix_dump_find(dump, fd->stat.st_ino);
	const struct unix_message *message;
	int ret = 0;

	if (!state || state->queue_written)
		return 0;
	state->queue_written = true;
	STAILQ_FOREACH(message, &state->messages, link)
		if (ret == 0)
			ret = write_message(dump, image, fd->file_id, message);
	return ret < 0 ? log_errno(ret, "cannot write to '%s'", image_name(image)) : 0;
}

int unix_dump_queues(struct dump *dump)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;
	int ret = image_create_list(dump->images, IMAGE_SK_QUEUES, 0, &image);

	if (ret < 0)
		return log_errno(ret, "cannot create 'sk-queues.img'");
	while (ret == 0 && (fd = fd_walk_next(&walk)))
		if (socket_is_of(fd, AF_UNIX, -1))
			ret = write_queue(dump, image, fd);
	if (ret < 0)
		return ret;
	ret = image_close(steal_pointer(&image));
	return ret < 0 ? log_errno(ret, "cannot write 'sk-queues.img'") : 0;
}

/* --- restore --- */

static int fail_packet(const SkPacketEntry *record, const char *field, unsigned long value)
{
	return log_fail(-EBADMSG, "sk-queues.img: a packet for file %u: field %s (%lu) contradicts the other images",
			record->id_for, field, value);
}

static int check_rights(struct restore *restore, const SkPacketEntry *record)
{
	size_t nr = 0;

	for (size_t i = 0; i < record->n_scm; i++) {
		const ScmEntry *scm = record->scm[i];

		if (scm->type != SCM_RIGHTS)
			return fail_packet(record, "scm.type", scm->type);
		nr += scm->n_rights;
		for (size_t j = 0; j < scm->n_rights; j++)
			if (!restore_find_file(restore, scm->rights[j]))
				return fail_packet(record, "scm.rights", scm->rights[j]);
	}
	return nr > RIGHTS_MAX ? fail_packet(record, "scm.rights: their number", nr) : 0;
}

static int check_packet(struct restore *restore, const struct image_file *image, const SkPacketEntry *record)
{
	const struct file *owner = restore_find_file(restore, record->id_for);

	if (record->length > INT32_MAX || record->length > image_bytes_left(image))
		return fail_packet(record, "length", record->length);
	if (record->has_address && record->address.len > UNIX_NAME_MAX)
		return fail_packet(record, "address: its length", record->address.len);
	if (!owner || owner->record->type != FD_TYPES__UNIXSK)
		return fail_packet(record, "id_for", record->id_for);
	return check_rights(restore, record);
}

static struct unix_packets *queue_of(struct restore *restore, uint32_t id)
{
	struct unix_packets *packets;
	bool is_new;

	packets = kind_state_get(&restore->kind_state, &restore->arena, &queue_key, id, sizeof(*packets), &is_new);
	if (is_new)
		STAILQ_INIT(packets);
	return packets;
}

/* The record is kept as long as the process lives. */
static int take_packet(struct restore *restore, struct image_file *image, const SkPacketEntry *record)
{
	struct unix_packet *packet = arena_new(&restore->arena, struct unix_packet);
	int ret = check_packet(restore, image, record);
	void *data;

	if (ret < 0)
		return ret;
	data = arena_alloc(&restore->arena, record->length + 1UL);
	packet->record = record;
	packet->data = data;
	STAILQ_INSERT_TAIL(queue_of(restore, record->id_for), packet, link);
	ret = image_read_bytes(image, data, record->length);
	return ret < 0 ? log_errno(ret, "cannot read '%s'", image_name(image)) : 0;
}

static int load_all(struct restore *restore)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, IMAGE_SK_QUEUES, 0, &image);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return log_errno(ret, "cannot open 'sk-queues.img'");
	for (;;) {
		ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret == 0)
			return 0;
		if (ret < 0)
			return log_errno(ret, "cannot read '%s'", image_name(image));
		ret = take_packet(restore, image, (const SkPacketEntry *)message);
		if (ret < 0)
			return ret;
	}
}

static void want_files(struct restore *restore, const SkPacketEntry *record)
{
	for (size_t i = 0; i < record->n_scm; i++) {
		for (size_t j = 0; j < record->scm[i]->n_rights; j++) {
			struct file *file = restore_find_file(restore, record->scm[i]->rights[j]);

			file->wanted = file->held = true;
		}
	}
}

int unix_take_packet(struct restore *restore, const SkPacketEntry *record, struct unix_packets *packets)
{
	struct unix_packet *packet = arena_new(&restore->arena, struct unix_packet);
	int ret = check_rights(restore, record);

	if (ret < 0)
		return ret;
	if (record->length != record->data.len)
		return fail_packet(record, "length", record->length);
	want_files(restore, record);
	packet->record = record;
	packet->data = record->data.data;
	STAILQ_INSERT_TAIL(packets, packet, link);
	return 0;
}

int unix_load_queue(struct restore *restore, struct unix_socket *socket)
{
	struct unix_restore *all = unix_restore_state(restore);
	const struct unix_packet *packet;
	int ret = all->queues_loaded ? 0 : load_all(restore);

	if (ret < 0)
		return ret;
	all->queues_loaded = true;
	socket->packets = queue_of(restore, socket->record->id);
	STAILQ_FOREACH(packet, socket->packets, link)
		want_files(restore, packet->record);
	return 0;
}
