// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/numa_maps: "START POLICY key=value...", a line a mapping. */
#include "criu/kernel/proc/numa-maps.h"

#include <errno.h>
#include <stdlib.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/text.h"

static int add_start(struct proc_numa_maps *maps, size_t *room, uint64_t start)
{
	if (maps->count && maps->starts[maps->count - 1] >= start)
		return -EINVAL;
	if (maps->count == *room) {
		size_t wanted = *room ? *room * 2 : 16;
		void *larger = reallocarray(maps->starts, wanted, sizeof(*maps->starts));

		if (!larger)
			return -ENOMEM;
		maps->starts = larger;
		*room = wanted;
	}
	maps->starts[maps->count++] = start;
	return 0;
}

int proc_parse_numa_maps(const char *data, size_t size, struct proc_numa_maps *ret_maps)
{
	_cleanup_proc_numa_maps_ struct proc_numa_maps maps = { 0 };
	struct text text = text_of(data, size), line, policy;
	size_t room = 0;

	while (text_take_line(&text, &line)) {
		uint64_t start;
		int ret = text_take_number(&line, 16, UINT64_MAX, &start);

		if (ret == 0 && !text_take_word(&line, &policy))
			ret = -EINVAL;
		if (ret == 0 && !text_equals(&policy, "default"))
			ret = add_start(&maps, &room, start);
		if (ret < 0)
			return ret;
	}
	*ret_maps = maps;
	maps = (struct proc_numa_maps){ 0 };
	return 0;
}

static int parse(const char *data, size_t size, void *ret)
{
	return proc_parse_numa_maps(data, size, ret);
}

int proc_read_numa_maps(int task_fd, struct proc_numa_maps *ret_maps)
{
	return proc_read_parsed(task_fd, "numa_maps", PROC_LARGE_FILE_MAX, parse, ret_maps);
}

void proc_free_numa_maps(struct proc_numa_maps *maps)
{
	if (!maps)
		return;
	free(maps->starts);
	*maps = (struct proc_numa_maps){ 0 };
}
