/* SPDX-License-Identifier: GPL-2.0-only */
/* Queues of sockets that have no descriptor, because their connection waits to be accepted: read in the memory of the kernel,
 * which costs nobody anything. */
#ifndef CRIU_OBJECTS_SOCKET_QUEUE_VIEW_H
#define CRIU_OBJECTS_SOCKET_QUEUE_VIEW_H

#include <stddef.h>
#include <stdint.h>

struct dump;
struct fd_info;
struct kernel_view;

#define QUEUE_VIEW_NEEDS \
	"it takes CAP_SYS_ADMIN (or CAP_BPF and CAP_PERFMON), Linux 5.10 with CONFIG_DEBUG_INFO_BTF and BPF_EVENTS, and no lockdown"

/* One for the whole dump. -errno, not logged, likewise for all below. */
int queue_view_open(struct dump *dump, struct kernel_view **ret_view);
/* The struct sock of @fd; of a descriptor of our own. */
int queue_view_socket(struct kernel_view *view, const struct fd_info *fd, uint64_t *ret_sock);
int queue_view_own_socket(struct kernel_view *view, int fd, uint64_t *ret_sock);

/* Each skb from @at on up to @end (0: none), by the member next. What @take returns ends it, if that is not 0. */
int queue_view_walk(struct kernel_view *view, uint64_t at, uint64_t end,
		    int (*take)(void *context, struct kernel_view *view, uint64_t skb), void *context);
/* The bytes of an skb from @offset on. */
int queue_view_read(struct kernel_view *view, uint64_t skb, size_t offset, void *buffer, size_t size);

#endif
