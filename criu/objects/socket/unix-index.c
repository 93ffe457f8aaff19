// SPDX-License-Identifier: GPL-2.0-only
/* Finds unix sockets of a restore by inode, by name, and by who is connected to them: in a time that does not grow with how
 * many there are. */
#include <string.h>
#include <sys/socket.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/unix-internal.h"

static const char inode_key, listener_key, name_key;

/* Names with the same digest. */
STAILQ_HEAD(unix_bucket, unix_socket);

static uint64_t digest(const ProtobufCBinaryData *name)
{
	uint64_t digest = 14695981039346656037ULL; /* FNV-1a */

	for (size_t i = 0; i < name->len; i++)
		digest = (digest ^ name->data[i]) * 1099511628211ULL;
	return digest;
}

static struct unix_bucket *bucket_of(struct restore *restore, const void *key, const ProtobufCBinaryData *name)
{
	struct unix_bucket *bucket;
	bool is_new;

	bucket = kind_state_get(&restore->kind_state, &restore->arena, key, digest(name), sizeof(*bucket), &is_new);
	if (is_new)
		STAILQ_INIT(bucket);
	return bucket;
}

static bool has_name(const struct unix_socket *socket, const ProtobufCBinaryData *name)
{
	return socket->record->name.len == name->len &&
	       memcmp(socket->record->name.data, name->data, name->len) == 0;
}

/* --- making --- */

void unix_index_inode(struct restore *restore, const struct file *file)
{
	const struct file **known;
	bool is_new;

	known = kind_state_get(&restore->kind_state, &restore->arena, &inode_key, file->record->usk->ino,
			       sizeof(const struct file *), &is_new);
	if (is_new)
		*known = file;
}

void unix_index_name(struct restore *restore, struct unix_socket *socket)
{
	const UnixSkEntry *record = socket->record;

	if (!record->name.len)
		return;
	if (record->type == SOCK_DGRAM)
		STAILQ_INSERT_TAIL(bucket_of(restore, &name_key, &record->name), socket, same_name);
	else if (record->state == UNIX_LISTEN)
		STAILQ_INSERT_TAIL(bucket_of(restore, &listener_key, &record->name), socket, same_name);
}

/* --- finding --- */

const struct file *unix_find_inode(const struct restore *restore, uint32_t inode)
{
	const struct file **known = kind_state_find(&restore->kind_state, &inode_key, inode);

	return known ? *known : NULL;
}

struct unix_socket *unix_find_listener(struct restore *restore, const struct unix_socket *of)
{
	const UnixSkEntry *record = of->record;
	struct unix_socket *socket;

	if (!record->name.len)
		return NULL;
	STAILQ_FOREACH(socket, bucket_of(restore, &listener_key, &record->name), same_name)
		if (socket->made && socket->record->ns_id == record->ns_id &&
		    socket->record->type == record->type && has_name(socket, &record->name))
			return socket;
	return NULL;
}

struct unix_socket *unix_find_named(struct restore *restore, const struct unix_socket *to,
				    const ProtobufCBinaryData *name)
{
	struct unix_socket *socket;

	STAILQ_FOREACH(socket, bucket_of(restore, &name_key, name), same_name)
		if (socket->record->ns_id == to->record->ns_id && has_name(socket, name))
			return socket;
	return NULL;
}

/* The one that it is connected to itself, rather than any other. */
struct unix_socket *unix_find_sender(const struct unix_socket *to)
{
	return to->peer && to->peer->peer == to ? to->peer : STAILQ_FIRST(&to->senders);
}
