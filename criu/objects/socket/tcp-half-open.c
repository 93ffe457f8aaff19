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

static int count(const struct fd_info *fd, struct counts *counts)
{
	_cleanup_close_ int netlink = socket_open_beside(fd, AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	int ret = netlink < 0 ? netlink : 0;

	for (size_t i = 0; i < sizeof(families) && ret == 0; i++) {
		struct inet_diag_req_v2 request = {
			.sdiag_family = families[i],
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = 1U << SYN_RECV,
		};

		ret = diag_list(netlink, &request, sizeof(request), take, counts);
	}
	/* Without such a list nothing is known of them: 0 is a guess, but no worse one than not to dump at all. */
	return ret == -ENOENT ? 0 : ret;
}

int tcp_half_open(struct dump *dump, const struct fd_info *fd, uint16_t port, bool locked)
{
	uint64_t id = (uint64_t)fd->socket->net_ns << 1 | locked;
	bool is_new;
	struct counts *counts = kind_state_get(&dump->kind_state, &dump->arena, &counts_key, id,
					       sizeof(*counts), &is_new);

	if (is_new)
		counts->error = count(fd, counts);
	if (counts->error < 0)
		return log_errno(counts->error, "sock_diag: half open connections cannot be listed");
	return counts->nr[port];
}
