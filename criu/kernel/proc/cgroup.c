// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/cgroup: lines "HIERARCHY:CONTROLLERS:PATH". */
#include "criu/kernel/proc/cgroup.h"

#include <errno.h>

#include "criu/kernel/proc/link.h"
#include "criu/kernel/proc/open.h"
#include "criu/util/text.h"

/* The name of a version 1 hierarchy cannot hold a ":", a path can. */
static int parse_line(struct text *line, struct proc_cgroup *cgroup)
{
	struct text controllers;
	uint64_t hierarchy;
	int ret = text_take_number(line, 10, UINT32_MAX, &hierarchy);

	if (ret < 0)
		return ret;
	if (!text_take_literal(line, ":") || !text_take_until(line, ':', &controllers) ||
	    text_is_empty(line) || *line->at != '/')
		return -EINVAL;
	cgroup->hierarchy = (uint32_t)hierarchy;
	cgroup->controllers = text_copy(&controllers);
	cgroup->path = text_copy(line);
	if (!cgroup->controllers || !cgroup->path)
		return -ENOMEM;
	cgroup->deleted = proc_cut_deleted(cgroup->path);
	return 0;
}

int proc_parse_cgroups(const char *data, size_t size, struct proc_cgroups *ret_cgroups)
{
	_cleanup_proc_cgroups_ struct proc_cgroups cgroups = { 0 };
	struct text text = text_of(data, size), counted = text, line;
	size_t lines = 0;

	while (text_take_line(&counted, &line))
		lines++;
	cgroups.items = calloc(lines + 1, sizeof(*cgroups.items));
	if (!cgroups.items)
		return -ENOMEM;
	while (text_take_line(&text, &line)) {
		int ret = parse_line(&line, &cgroups.items[cgroups.count++]);

		if (ret < 0)
			return ret;
	}
	*ret_cgroups = cgroups;
	cgroups = (struct proc_cgroups){ 0 };
	return 0;
}

static int parse(const char *data, size_t size, void *ret)
{
	return proc_parse_cgroups(data, size, ret);
}

int proc_read_cgroups(int dir_fd, struct proc_cgroups *ret_cgroups)
{
	return proc_read_parsed(dir_fd, "cgroup", PROC_FILE_MAX, parse, ret_cgroups);
}

void proc_free_cgroups(struct proc_cgroups *cgroups)
{
	if (!cgroups)
		return;
	for (size_t i = 0; i < cgroups->count; i++) {
		free(cgroups->items[i].controllers);
		free(cgroups->items[i].path);
	}
	free(cgroups->items);
	*cgroups = (struct proc_cgroups){ 0 };
}
