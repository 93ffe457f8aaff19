// SPDX-License-Identifier: GPL-2.0-only
/* Packet sockets (packet(7)): device, protocol, memberships, fanout, options, the ring for what comes in. Those with a ring
 * to send by are refused: the kernel does not tell where in it it is. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/packet_diag.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/diag.h"
#include "criu/objects/socket/holder.h"
#include "criu/objects/socket/options.h"
#include "criu/objects/socket/packet-internal.h"
#include "criu/objects/socket/packet-ring.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

static const char seen_key;

static bool packet_matches(const struct fd_info *fd)
{
	return socket_is_of(fd, AF_PACKET, -1);
}

/* --- survey --- */

static const char *find_problem(const struct diag_socket *entry, int socket)
{
	int fanout = 0;
	socklen_t size = sizeof(fanout);

	if (!entry)
		return "packet sockets, which this kernel cannot list (CONFIG_PACKET_DIAG), are not kept";
	if (diag_get(entry, PACKET_DIAG_TX_RING, 1, NULL))
		return "packet sockets with a ring to send by (PACKET_TX_RING) are not kept: the kernel does not tell "
		       "where in it it is; let the program use send";
	if (diag_get(entry, PACKET_DIAG_FANOUT, 1, NULL) &&
	    getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &fanout, &size) == 0 &&
	    ((fanout >> 16 & 0xff) == PACKET_FANOUT_CBPF || (fanout >> 16 & 0xff) == PACKET_FANOUT_EBPF))
		return "packet sockets whose fanout is by a program of BPF are not kept, as it cannot be read";
	return NULL;
}

static PacketRing *new_ring(struct arena *arena, const struct diag_socket *entry)
{
	const void *attribute = diag_get(entry, PACKET_DIAG_RX_RING, sizeof(struct packet_diag_ring), NULL);
	struct packet_diag_ring from;
	PacketRing *ring;

	if (!attribute)
		return NULL;
	memcpy(&from, attribute, sizeof(from));
	ring = arena_new(arena, PacketRing);
	packet_ring__init(ring);
	ring->block_size = from.pdr_block_size;
	ring->block_nr = from.pdr_block_nr;
	ring->frame_size = from.pdr_frame_size;
	ring->frame_nr = from.pdr_frame_nr;
	ring->retire_tmo = from.pdr_retire_tmo;
	ring->sizeof_priv = from.pdr_sizeof_priv;
	ring->features = from.pdr_features;
	return ring;
}

int packet_ring_find_size(struct dump *dump, const struct fd_info *fd, uint64_t *ret_size)
{
	PacketSockEntry record = PACKET_SOCK_ENTRY__INIT;
	const struct diag_socket *entry;
	int ret = diag_find(dump, fd, &entry);

	record.rx_ring = ret == 0 && entry ? new_ring(&dump->arena, entry) : NULL;
	*ret_size = packet_ring_size(&record);
	return ret;
}

static int look_at_ring(struct dump *dump, const struct diag_socket *entry, int socket, const char **ret_problem)
{
	const PacketRing *ring = new_ring(&dump->arena, entry);
	int version = 0, ret = 0;
	socklen_t size = sizeof(version);

	if (!ring)
		return 0;
	if (getsockopt(socket, SOL_PACKET, PACKET_VERSION, &version, &size) < 0)
		return -errno;
	*ret_problem = packet_ring_problem(socket, (uint32_t)version, ring, &ret);
	return ret;
}

static int look(struct dump *dump, const struct fd_info *fd)
{
	_cleanup_close_ int socket = -EBADF;
	const struct diag_socket *entry;
	const char *problem;
	int ret = fd_duplicate(fd, &socket);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	ret = diag_find(dump, fd, &entry);
	problem = ret == 0 ? find_problem(entry, socket) : NULL;
	if (ret == 0 && !problem)
		ret = look_at_ring(dump, entry, socket, &problem);
	if (problem)
		dump_refuse(dump, fd->task, "%s: %s", fd_describe(dump, fd), problem);
	return ret < 0 ? log_errno(ret, "task %d: %s: its ring cannot be looked at", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}

static int packet_survey(struct dump *dump, const struct fd_info *fd)
{
	return socket_survey_simple(dump, fd, &seen_key, look);
}

/* --- dump --- */

static const char *device_name(struct arena *arena, unsigned int index)
{
	char name[IF_NAMESIZE];

	return index && if_indextoname(index, name) ? arena_strdup(arena, name) : NULL;
}

static PacketMclist *new_membership(struct arena *arena, const struct packet_diag_mclist *from)
{
	PacketMclist *entry = arena_new(arena, PacketMclist);

	packet_mclist__init(entry);
	entry->index = from->pdmc_index;
	entry->type = from->pdmc_type;
	entry->addr.len = MIN(from->pdmc_alen, sizeof(from->pdmc_addr));
	entry->addr.data = arena_copy(arena, from->pdmc_addr, entry->addr.len);
	entry->device = (char *)device_name(arena, from->pdmc_index);
	return entry;
}

/* Each as often as it was asked for. */
static void dump_memberships(struct arena *arena, const struct diag_socket *entry, PacketSockEntry *record)
{
	size_t size = 0, nr = 0;
	const char *list = diag_get(entry, PACKET_DIAG_MCLIST, sizeof(struct packet_diag_mclist), &size);
	struct packet_diag_mclist one;

	for (size_t at = 0; list && at + sizeof(one) <= size; at += sizeof(one)) {
		memcpy(&one, list + at, sizeof(one));
		nr += one.pdmc_count;
	}
	record->mclist = arena_array(arena, PacketMclist *, nr + 1);
	for (size_t at = 0; list && at + sizeof(one) <= size; at += sizeof(one)) {
		memcpy(&one, list + at, sizeof(one));
		for (uint32_t i = 0; i < one.pdmc_count; i++)
			record->mclist[record->n_mclist++] = new_membership(arena, &one);
	}
}

static void dump_info(struct arena *arena, const struct diag_socket *entry, PacketSockEntry *record)
{
	const void *attribute = diag_get(entry, PACKET_DIAG_INFO, sizeof(struct packet_diag_info), NULL);
	struct packet_diag_info info = { 0 };

	if (attribute)
		memcpy(&info, attribute, sizeof(info));
	record->version = info.pdi_version;
	record->reserve = info.pdi_reserve;
	record->copy_thresh = info.pdi_copy_thresh;
	record->timestamp = info.pdi_tstamp;
	record->aux_data = info.pdi_flags & PDI_AUXDATA;
	record->orig_dev = info.pdi_flags & PDI_ORIGDEV;
	record->vnet_hdr = info.pdi_flags & PDI_VNETHDR;
	record->loss = info.pdi_flags & PDI_LOSS;
	dump_memberships(arena, entry, record);
}

static int dump_fanout(int socket, const struct diag_socket *entry, PacketSockEntry *record)
{
	int fanout = 0;
	socklen_t size = sizeof(fanout);

	if (!diag_get(entry, PACKET_DIAG_FANOUT, 1, NULL))
		return 0;
	if (getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &fanout, &size) < 0)
		return -errno;
	record->has_fanout = true;
	record->fanout = (uint32_t)fanout;
	return 0;
}

static int dump_state(struct arena *arena, int socket, const struct diag_socket *entry, PacketSockEntry *record)
{
	struct sockaddr_ll name = { 0 };
	socklen_t size = sizeof(name);

	if (getsockname(socket, (struct sockaddr *)&name, &size) < 0)
		return -errno;
	record->protocol = name.sll_protocol;
	record->ifindex = (uint32_t)name.sll_ifindex;
	record->device = (char *)device_name(arena, record->ifindex);
	dump_info(arena, entry, record);
	record->rx_ring = new_ring(arena, entry);
	return dump_fanout(socket, entry, record);
}

static void warn_of_queue(struct dump *dump, const struct fd_info *fd, int socket)
{
	int waiting = 0;

	if (ioctl(socket, FIONREAD, &waiting) == 0 && waiting > 0)
		log_warn("task %d: %s: packets wait in this packet socket, which are dropped", fd->task->pid,
			 fd_describe(dump, fd));
}

static PacketSockEntry *new_record(struct dump *dump, const struct fd_info *fd, uint32_t id)
{
	PacketSockEntry *record = arena_new(&dump->arena, PacketSockEntry);

	packet_sock_entry__init(record);
	record->id = id;
	record->type = (uint32_t)fd->socket->type;
	record->flags = fd->flags;
	record->fown = fd_owner_dump(dump, fd);
	record->has_ns_id = true;
	record->ns_id = socket_namespace_id(dump, fd);
	return record;
}

static int dump_here(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	_cleanup_close_ int socket = -EBADF;
	const struct diag_socket *entry = NULL;
	int ret = fd_duplicate(fd, &socket);

	record->psk = new_record(dump, fd, record->id);
	if (ret == 0)
		ret = diag_find(dump, fd, &entry);
	if (ret == 0)
		ret = entry ? dump_state(&dump->arena, socket, entry, record->psk) : -ENOENT;
	if (ret == 0 && record->psk->rx_ring)
		ret = packet_ring_dump(dump, fd, socket, record->psk);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: its state cannot be read", fd->task->pid,
				 fd_describe(dump, fd));
	if ((uint32_t)fd->socket->protocol != record->psk->protocol) {
		record->psk->has_socket_protocol = true;
		record->psk->socket_protocol = (uint32_t)fd->socket->protocol;
	}
	warn_of_queue(dump, fd, socket);
	socket_note_errors(dump, fd, socket);
	return socket_options_dump(dump, fd, socket, &record->psk->opts);
}

static int packet_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	return socket_dump_within(dump, fd, record, dump_here);
}

static int packet_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	(void)restore;
	return fd_owner_restore(task, fd, file->record->psk->fown, file->record->psk->flags);
}

const struct fd_kind packet_socket_kind = {
	.name = "packet-socket",
	.type = FD_TYPES__PACKETSK,
	.matches = packet_matches,
	.survey = packet_survey,
	.dump = packet_dump,
	.load = packet_load,
	.open = packet_open,
	.reopen = packet_reopen,
	.finish = packet_finish,
	.attach = packet_attach,
};
