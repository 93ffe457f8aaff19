// SPDX-License-Identifier: GPL-2.0-only
/* Restore of packet sockets. Until all is set, a filter keeps everything out. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/options.h"
#include "criu/objects/socket/packet-internal.h"
#include "criu/objects/socket/packet-ring.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT)
#define ADDRESS_MAX 32 /* MAX_ADDR_LEN */

static struct socket_info info_of(const PacketSockEntry *record)
{
	return (struct socket_info){
		.family = AF_PACKET,
		.type = (int)record->type,
		.protocol = (int)(record->has_socket_protocol ? record->socket_protocol : record->protocol),
	};
}

/* --- load --- */

static bool is_proper(const PacketSockEntry *record)
{
	if (!record || record->protocol > UINT16_MAX || record->ifindex > INT32_MAX ||
	    (record->has_socket_protocol && record->socket_protocol > UINT16_MAX) || record->version > TPACKET_V3 ||
	    (record->device && (!*record->device || strlen(record->device) >= IF_NAMESIZE)))
		return false;
	for (size_t i = 0; i < record->n_mclist; i++) {
		const PacketMclist *entry = record->mclist[i];

		if (entry->addr.len > ADDRESS_MAX || entry->type > UINT16_MAX || entry->index > INT32_MAX ||
		    (entry->device && (!*entry->device || strlen(entry->device) >= IF_NAMESIZE)))
			return false;
	}
	return true;
}

/* Images of others have the number only. */
static unsigned int device_of(const char *name, unsigned int index)
{
	return name ? if_nametoindex(name) : index;
}

/* In a namespace of the tree's own the device may be still to come. */
static void check_device(struct restore *restore, const struct file *file, const char *name)
{
	const PacketSockEntry *record = file->record->psk;

	if (name && !socket_own_namespace(restore, record->has_ns_id, record->ns_id) && !if_nametoindex(name))
		restore_refuse(restore, NULL, "file %u: packet socket: device '%s', which it uses, is not here",
			       file->id, name);
}

int packet_load(struct restore *restore, struct file *file)
{
	const PacketSockEntry *record = file->record->psk;

	if (!is_proper(record))
		return log_fail(-EBADMSG, "files.img: file %u is no proper packet socket", file->id);
	if (!packet_ring_is_proper(record))
		return log_fail(-EBADMSG, "files.img: file %u: no proper ring of a packet socket", file->id);
	if (record->tx_ring)
		restore_refuse(restore, NULL,
			       "file %u: packet socket: those with a ring to send by cannot be restored",
			       file->id);
	check_device(restore, file, record->device);
	for (size_t i = 0; i < record->n_mclist; i++)
		check_device(restore, file, record->mclist[i]->device);
	return socket_options_load(restore, file, record->opts);
}

/* --- open --- */

static int keep_out(int fd)
{
	struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &code };
	char byte;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	while (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0)
		continue;
	return 0;
}

static int set_fields(const PacketSockEntry *record, int fd)
{
	const struct {
		int option;
		uint32_t value;
	} fields[] = {
		{ PACKET_VERSION, record->version },	 { PACKET_RESERVE, record->reserve },
		{ PACKET_AUXDATA, record->aux_data },	 { PACKET_ORIGDEV, record->orig_dev },
		{ PACKET_VNET_HDR, record->vnet_hdr },	 { PACKET_LOSS, record->loss },
		{ PACKET_TIMESTAMP, record->timestamp }, { PACKET_COPY_THRESH, record->copy_thresh },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].value &&
		    setsockopt(fd, SOL_PACKET, fields[i].option, &fields[i].value, sizeof(fields[i].value)) < 0)
			return -errno;
	return 0;
}

static int bind_device(const PacketSockEntry *record, int fd)
{
	struct sockaddr_ll name = {
		.sll_family = AF_PACKET,
		.sll_protocol = (uint16_t)record->protocol,
		.sll_ifindex = (int)device_of(record->device, record->ifindex),
	};
	uint32_t fanout = record->fanout;

	if (record->device && !name.sll_ifindex)
		return -ENODEV;
	if ((name.sll_protocol || name.sll_ifindex) && bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		return -errno;
	if (!record->has_fanout || fanout == UINT32_MAX)
		return 0;
	return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &fanout, sizeof(fanout)) < 0 ? -errno : 0;
}

/* struct packet_mreq with room for an address of any length. */
struct membership {
	int device;
	unsigned short type, length;
	unsigned char address[ADDRESS_MAX];
};

static int join(const PacketSockEntry *record, int fd)
{
	for (size_t i = 0; i < record->n_mclist; i++) {
		const PacketMclist *entry = record->mclist[i];
		struct membership membership = {
			.device = (int)device_of(entry->device, entry->index),
			.type = (unsigned short)entry->type,
			.length = (unsigned short)entry->addr.len,
		};

		if (entry->device && !membership.device)
			return -ENODEV;
		memcpy(membership.address, entry->addr.data, entry->addr.len);
		if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof(membership)) < 0)
			return -errno;
	}
	return 0;
}

static int begin(const PacketSockEntry *record, int fd)
{
	uint32_t flags = record->flags & SETTABLE_FLAGS;
	int ret = flags && fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;

	if (ret == 0)
		ret = keep_out(fd);
	return ret == 0 ? set_fields(record, fd) : ret;
}

static int place(const PacketSockEntry *record, int fd)
{
	int ret = bind_device(record, fd);

	return ret == 0 ? join(record, fd) : ret;
}

/* Options before the ring: some of them say what is in it. */
static int complete(const struct file *file, const struct socket_info *info, int fd)
{
	const PacketSockEntry *record = file->record->psk;
	int ret = begin(record, fd);

	if (ret == 0) {
		ret = socket_options_set(file, info, fd, record->opts, SOCKET_EARLY);
		if (ret == 0)
			ret = packet_ring_make(file, record, fd);
		if (ret < 0)
			return ret;
		ret = place(record, fd);
	}
	return ret < 0 ? log_errno(ret, "file %u: a packet socket cannot be made as it was", file->id) : 0;
}

static int open_here(struct restore *restore, struct file *file, int *ret_fd)
{
	struct socket_info info = info_of(file->record->psk);
	_cleanup_close_ int fd = socket_make(file, &info);
	int ret;

	(void)restore;
	if (fd < 0)
		return fd;
	ret = complete(file, &info, fd);
	if (ret < 0)
		return ret;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static struct socket_restore how_to(const struct file *file, const struct socket_info *info)
{
	const PacketSockEntry *record = file->record->psk;

	return (struct socket_restore){
		.has_ns_id = record->has_ns_id,
		.ns_id = record->ns_id,
		.info = info,
		.open_here = open_here,
	};
}

int packet_open(struct restore *restore, struct file *file, int *ret_fd)
{
	struct socket_info info = info_of(file->record->psk);
	struct socket_restore how = how_to(file, &info);

	return socket_open_within(restore, file, &how, ret_fd);
}

int packet_reopen(struct restore *restore, struct file *file)
{
	struct socket_info info = info_of(file->record->psk);
	struct socket_restore how = how_to(file, &info);

	return socket_reopen_within(restore, file, &how);
}

int packet_finish(struct restore *restore, struct file *file)
{
	struct socket_info info = info_of(file->record->psk);
	int none = 0;

	(void)restore;
	if (!file->record->psk->opts->n_so_filter &&
	    setsockopt(file->fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)) < 0)
		return log_errno(errno, "file %u: packet socket: it cannot be let go", file->id);
	return socket_options_set(file, &info, file->fd, file->record->psk->opts, SOCKET_LATE);
}
