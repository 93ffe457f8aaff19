// SPDX-License-Identifier: GPL-2.0-only
/* What sock_diag(7) tells of sockets: one list a network namespace, family and protocol, so that many sockets cost one
 * question. A row a family; what is asked for is all that the kernel can tell. */
#include "criu/objects/socket/diag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "criu/kernel/diag.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#ifndef UDIAG_SHOW_UID
#define UDIAG_SHOW_UID 0x40
#endif
#define ALL UINT32_MAX
#define SYN_RECV 3
/* Others, outside of the tree, come and go while we look, and the kernel may skip one of ours then. */
#define ATTEMPTS 3

static const char list_key;

struct list {
	int error;
	unsigned int attempts;
	size_t header;
	struct diag_socket *sockets; /* by inode */
	size_t nr, room;
	uint16_t *half_open; /* ports of listeners, one for each connection in SYN_RECV */
	size_t nr_half_open, half_open_room;
};

/* --- questions --- */

union question {
	struct unix_diag_req local;
	struct {
		struct inet_diag_req_v2 request;
		struct nlattr head;
		uint32_t protocol;
	} inet;
	struct packet_diag_req packet;
	struct netlink_diag_req netlink;
};

static size_t ask_unix(const struct socket_info *info, union question *question)
{
	(void)info;
	question->local = (struct unix_diag_req){
		.sdiag_family = AF_UNIX,
		.udiag_states = ALL,
		.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_PEER | UDIAG_SHOW_ICONS |
			      UDIAG_SHOW_RQLEN | UDIAG_SHOW_MEMINFO | UDIAG_SHOW_UID,
	};
	return sizeof(question->local);
}

/* Protocols above 255 (MPTCP) go into an attribute, which takes their place; raw sockets of all protocols are one list. */
static size_t ask_inet(const struct socket_info *info, union question *question)
{
	int protocol = info->type == SOCK_RAW ? IPPROTO_RAW : info->protocol;

	question->inet.request = (struct inet_diag_req_v2){
		.sdiag_family = (uint8_t)info->family,
		.sdiag_protocol = (uint8_t)MIN(protocol, 255),
		.idiag_ext = 0xff,
		.idiag_states = ALL,
	};
	if (protocol <= 255)
		return sizeof(question->inet.request);
	question->inet.head = (struct nlattr){
		.nla_type = INET_DIAG_REQ_PROTOCOL,
		.nla_len = NLA_HDRLEN + sizeof(question->inet.protocol),
	};
	question->inet.protocol = (uint32_t)protocol;
	return sizeof(question->inet);
}

static size_t ask_packet(const struct socket_info *info, union question *question)
{
	(void)info;
	question->packet = (struct packet_diag_req){
		.sdiag_family = AF_PACKET,
		.pdiag_show = PACKET_SHOW_INFO | PACKET_SHOW_MCLIST | PACKET_SHOW_RING_CFG |
			      PACKET_SHOW_FANOUT | PACKET_SHOW_MEMINFO | PACKET_SHOW_FILTER,
	};
	return sizeof(question->packet);
}

static size_t ask_netlink(const struct socket_info *info, union question *question)
{
	(void)info;
	question->netlink = (struct netlink_diag_req){
		.sdiag_family = AF_NETLINK,
		.sdiag_protocol = NDIAG_PROTO_ALL,
		.ndiag_show = NDIAG_SHOW_MEMINFO | NDIAG_SHOW_GROUPS | NDIAG_SHOW_FLAGS,
	};
	return sizeof(question->netlink);
}

static const struct diag_family {
	int family;
	bool by_protocol; /* a list each */
	size_t header, inode, cookie;
	size_t (*ask)(const struct socket_info *info, union question *question);
} families[] = {
	{ AF_UNIX, false, sizeof(struct unix_diag_msg), offsetof(struct unix_diag_msg, udiag_ino),
	  offsetof(struct unix_diag_msg, udiag_cookie), ask_unix },
	{ AF_INET, true, sizeof(struct inet_diag_msg), offsetof(struct inet_diag_msg, idiag_inode),
	  offsetof(struct inet_diag_msg, id.idiag_cookie), ask_inet },
	{ AF_INET6, true, sizeof(struct inet_diag_msg), offsetof(struct inet_diag_msg, idiag_inode),
	  offsetof(struct inet_diag_msg, id.idiag_cookie), ask_inet },
	{ AF_PACKET, false, sizeof(struct packet_diag_msg), offsetof(struct packet_diag_msg, pdiag_ino),
	  offsetof(struct packet_diag_msg, pdiag_cookie), ask_packet },
	{ AF_NETLINK, false, sizeof(struct netlink_diag_msg), offsetof(struct netlink_diag_msg, ndiag_ino),
	  offsetof(struct netlink_diag_msg, ndiag_cookie), ask_netlink },
};

static const struct diag_family *find_family(int family)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i].family == family)
			return &families[i];
	return NULL;
}

/* --- lists --- */

struct listing {
	struct dump *dump;
	const struct diag_family *family;
	struct list *list;
};

static void make_room(struct listing *listing)
{
	struct list *list = listing->list;
	size_t room = list->room ? 2 * list->room : 64;
	struct diag_socket *larger;

	if (list->nr < list->room)
		return;
	larger = arena_array(&listing->dump->arena, struct diag_socket, room);
	if (list->nr)
		memcpy(larger, list->sockets, list->nr * sizeof(*larger));
	list->sockets = larger;
	list->room = room;
}

static void note_half_open(struct listing *listing, uint16_t port)
{
	struct list *list = listing->list;

	if (list->nr_half_open == list->half_open_room) {
		uint16_t *larger;

		list->half_open_room = 2 * list->half_open_room + 16;
		larger = arena_array(&listing->dump->arena, uint16_t, list->half_open_room);
		if (list->nr_half_open)
			memcpy(larger, list->half_open, list->nr_half_open * sizeof(*larger));
		list->half_open = larger;
	}
	list->half_open[list->nr_half_open++] = port;
}

/* Those without an inode belong to nobody: connections that wait, or that are over. */
static int take_stray(struct listing *listing, const void *data)
{
	struct inet_diag_msg message;

	if (listing->family->ask != ask_inet)
		return 0;
	memcpy(&message, data, sizeof(message));
	if (message.idiag_state == SYN_RECV)
		note_half_open(listing, message.id.idiag_sport);
	return 0;
}

static int take_socket(void *context, const void *message, size_t size)
{
	struct listing *listing = context;
	const struct diag_family *family = listing->family;
	struct diag_socket *socket;
	uint32_t inode, cookie[2];

	if (size < family->header || *(const uint8_t *)message != family->family)
		return -EBADMSG;
	memcpy(&inode, (const char *)message + family->inode, sizeof(inode));
	memcpy(cookie, (const char *)message + family->cookie, sizeof(cookie));
	if (!inode)
		return take_stray(listing, message);
	make_room(listing);
	socket = &listing->list->sockets[listing->list->nr++];
	socket->inode = inode;
	socket->cookie = (uint64_t)cookie[1] << 32 | cookie[0];
	socket->message = arena_copy(&listing->dump->arena, message, size);
	socket->size = size;
	socket->header = family->header;
	return 0;
}

static int compare_sockets(const void *left, const void *right)
{
	const struct diag_socket *a = left, *b = right;

	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static int list_sockets(struct listing *listing, const struct fd_info *fd)
{
	_cleanup_close_ int netlink = socket_open_beside(fd, AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	struct list *list = listing->list;
	union question question;
	size_t size;
	int ret;

	if (netlink < 0)
		return netlink == -EPROTONOSUPPORT ? 0 : netlink;
	memset(&question, 0, sizeof(question));
	size = listing->family->ask(fd->socket, &question);
	/* Entries of an earlier attempt are still pointed to. */
	list->sockets = NULL;
	list->nr = list->room = list->nr_half_open = 0;
	ret = diag_list(netlink, &question, size, take_socket, listing);
	if (list->nr)
		qsort(list->sockets, list->nr, sizeof(*list->sockets), compare_sockets);
	log_debug("sock_diag: family %d, protocol %d: %zu sockets", fd->socket->family, fd->socket->protocol,
		  list->nr);
	/* A protocol that the kernel does not have, or cannot list, has no sockets. */
	return ret == -ENOENT || ret == -EINVAL || ret == -EPROTONOSUPPORT ? 0 : ret;
}

static uint64_t list_id(const struct diag_family *family, const struct socket_info *info)
{
	uint64_t protocol = !family->by_protocol     ? 0
			    : info->type == SOCK_RAW ? IPPROTO_RAW
						     : (uint64_t)info->protocol;

	return (uint64_t)info->net_ns << 32 | (uint64_t)info->family << 16 | (protocol & 0xffff);
}

/* NULL: the family has none. */
static int find_list(struct dump *dump, const struct fd_info *fd, bool again, struct list **ret_list)
{
	const struct diag_family *family = find_family(fd->socket->family);
	struct listing listing = { .dump = dump, .family = family };
	struct list *list;

	*ret_list = NULL;
	if (!family)
		return 0;
	list = kind_state_get(&dump->kind_state, &dump->arena, &list_key, list_id(family, fd->socket),
			      sizeof(*list), NULL);
	if (!list->attempts || (again && list->nr && list->attempts < ATTEMPTS)) {
		list->attempts++;
		listing.list = list;
		list->error = list_sockets(&listing, fd);
		if (list->error < 0)
			log_errno(list->error, "sock_diag: sockets of family %d cannot be listed",
				  fd->socket->family);
	}
	*ret_list = list;
	return list->error;
}

/* --- finding --- */

static const struct diag_socket *search(const struct list *list, uint32_t inode)
{
	struct diag_socket key = { .inode = inode };

	return list->nr ? bsearch(&key, list->sockets, list->nr, sizeof(key), compare_sockets) : NULL;
}

int diag_find_inode(struct dump *dump, const struct fd_info *fd, uint32_t inode, const struct diag_socket **ret_socket)
{
	struct list *list;
	int ret = find_list(dump, fd, false, &list);

	*ret_socket = ret == 0 && list ? search(list, inode) : NULL;
	return ret;
}

int diag_find(struct dump *dump, const struct fd_info *fd, const struct diag_socket **ret_socket)
{
	*ret_socket = NULL;
	for (unsigned int attempt = 0; attempt < ATTEMPTS; attempt++) {
		const struct diag_socket *found;
		struct list *list;
		int ret = find_list(dump, fd, attempt > 0, &list);

		if (ret < 0 || !list)
			return ret;
		found = search(list, (uint32_t)fd->stat.st_ino);
		if (found && found->cookie == fd->socket->cookie) {
			*ret_socket = found;
			return 0;
		}
	}
	return 0;
}

int diag_find_all(struct dump *dump, const struct fd_info *fd, const struct diag_socket **ret_sockets, size_t *ret_nr)
{
	struct list *list;
	int ret = find_list(dump, fd, false, &list);

	*ret_sockets = ret == 0 && list ? list->sockets : NULL;
	*ret_nr = ret == 0 && list ? list->nr : 0;
	return ret;
}

int diag_half_open(struct dump *dump, const struct fd_info *fd, uint16_t port)
{
	struct list *list;
	int ret = find_list(dump, fd, false, &list);

	for (size_t i = 0; ret >= 0 && list && i < list->nr_half_open; i++)
		ret += list->half_open[i] == port;
	return ret;
}

/* --- what is in it --- */

const void *diag_get(const struct diag_socket *socket, uint16_t type, size_t minimum, size_t *ret_size)
{
	return diag_attribute(socket->message, socket->size, socket->header, type, minimum, ret_size);
}

uint32_t diag_get_u32(const struct diag_socket *socket, uint16_t type, uint32_t absent)
{
	const void *value = diag_get(socket, type, sizeof(absent), NULL);

	if (value)
		memcpy(&absent, value, sizeof(absent));
	return absent;
}

uint8_t diag_get_u8(const struct diag_socket *socket, uint16_t type, uint8_t absent)
{
	const uint8_t *value = diag_get(socket, type, sizeof(absent), NULL);

	return value ? *value : absent;
}
