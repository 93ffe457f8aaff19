// SPDX-License-Identifier: GPL-2.0-only
/* Requests of an io_uring that are in flight, in the memory of the kernel. Heads and tails of the queues do not tell: a request
 * may have several completions, or none. */
#include <errno.h>

#include "criu/kernel/kernel-view.h"
#include "criu/model/dump.h"
#include "criu/objects/fd/io-uring-inside.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/util/macros.h"

#define REQUESTS_MAX (1U << 22) /* more are none: a pointer went astray */

/* Structures of requests that wait to be used again. */
static int count_free(struct kernel_view *view, uint64_t context, uint64_t *ret_nr)
{
	uint64_t at = 0;
	int ret = kernel_view_get(view, context, "io_ring_ctx", "submit_state.free_list.next", &at);

	*ret_nr = 0;
	while (ret == 0 && at) {
		ret = ++*ret_nr < REQUESTS_MAX ? 0 : -ELOOP;
		if (ret == 0)
			ret = kernel_view_get(view, at, "io_wq_work_node", "next", &at);
	}
	return ret;
}

/* Is there something in a list that begins with a pointer to the first, or to itself? One that a kernel has not is empty. */
static int has_entries(struct kernel_view *view, uint64_t context, const char *list, bool *ret_has)
{
	uint64_t head = 0, first = 0;
	int ret = kernel_view_locate(view, context, "io_ring_ctx", list, &head);

	*ret_has = false;
	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	ret = kernel_view_read(view, head, &first, sizeof(first));
	*ret_has = first && first != head;
	return ret;
}

/* Before Linux 6.16 nobody counts them. Those that wait for an event of a file are in fdinfo. */
static int find_some(struct kernel_view *view, uint64_t context, uint64_t *ret_nr)
{
	static const char *const lists[] = {
		"timeout_list", "ltimeout_list", "waitid_list",		 "futex_list",
		"defer_list",	"iopoll_list",	 "cancelable_uring_cmd",
	};
	int ret = 0;

	*ret_nr = 0;
	for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(lists); i++) {
		bool has = false;

		ret = has_entries(view, context, lists[i], &has);
		*ret_nr += has;
	}
	return ret;
}

static int count(struct kernel_view *view, uint64_t context, uint64_t *ret_nr)
{
	uint64_t nr_free = 0;
	int ret = kernel_view_get(view, context, "io_ring_ctx", "nr_req_allocated", ret_nr);

	if (ret == -ENOENT)
		return find_some(view, context, ret_nr);
	if (ret == 0)
		ret = count_free(view, context, &nr_free);
	*ret_nr -= nr_free;
	return ret;
}

int ring_count_requests(struct dump *dump, int fd, uint64_t *ret_nr)
{
	struct kernel_view *view;
	uint64_t context = 0;
	int ret = queue_view_open(dump, &view);

	if (ret == 0)
		ret = kernel_view_file(view, fd, &context);
	if (ret == 0)
		ret = kernel_view_get(view, context, "file", "private_data", &context);
	return ret < 0 ? ret : count(view, context, ret_nr);
}
