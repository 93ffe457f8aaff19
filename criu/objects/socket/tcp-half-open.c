// SPDX-License-Identifier: GPL-2.0-only
/* Connections in the state SYN_RECV, from sock_diag(7). */
#include "criu/objects/socket/tcp-half-open.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/kernel/diag.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/diag.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define SYN_RECV 3

static const char counts_key;

struct counts {
	int error;
	uint16_t nr[UINT16_MAX + 1];
};

static int take(void *context, const void *data, size_t size)
{
	struct counts *counts = context;
	struct inet_diag_msg message;

	if (size < sizeof(message))
		return -EBADMSG;
	memcpy(&message, data, sizeof(message));
	if (counts->nr[message.id.idiag_sport] < UINT16_MAX)
		counts->nr[message.id.idiag_sport]++;
	return 0;
}

/* A half open connection has the family of its listener, also when the other end has another one. */
static int count(const struct fd_info *fd, struct counts *counts)
{
	_cleanup_close_ int netlink = socket_open_beside(fd, AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	struct inet_diag_req_v2 request = {
		.sdiag_family = (uint8_t)fd->socket->family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = 1U << SYN_RECV,
	};
	int ret = netlink < 0 ? netlink : diag_list(netlink, &request, sizeof(request), take, counts);

	/* Without such a list nothing is known of them: 0 is a guess, but no worse one than not to dump at all. */
	return ret == -ENOENT ? 0 : ret;
}

int tcp_half_open(struct dump *dump, const struct fd_info *fd, uint16_t port, bool locked)
{
	uint64_t id = (uint64_t)fd->socket->net_ns << 32 | (uint64_t)fd->socket->family << 1 | locked;
	struct counts *counts;
	bool is_new;

	/* The survey has a list of all already, unless they are connections of MPTCP, which count as TCP. */
	if (!locked && fd->socket->protocol == IPPROTO_TCP)
		return diag_half_open(dump, fd, port);
	counts = kind_state_get(&dump->kind_state, &dump->arena, &counts_key, id, sizeof(*counts), &is_new);
	if (is_new)
		counts->error = count(fd, counts);
	if (counts->error < 0)
		return log_errno(counts->error, "sock_diag: half open connections cannot be listed");
	return counts->nr[port];
}
