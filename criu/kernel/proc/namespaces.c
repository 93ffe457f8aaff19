// SPDX-License-Identifier: GPL-2.0-only
/* Namespaces of a task by inode number. */
#include "criu/kernel/proc/namespaces.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "criu/kernel/proc/link.h"
#include "criu/util/cleanup.h"
#include "criu/util/text.h"

static const char *const names[PROC_NS_COUNT] = {
	[PROC_NS_CGROUP] = "cgroup", [PROC_NS_IPC] = "ipc",
	[PROC_NS_MNT] = "mnt",	     [PROC_NS_NET] = "net",
	[PROC_NS_PID] = "pid",	     [PROC_NS_PID_FOR_CHILDREN] = "pid_for_children",
	[PROC_NS_TIME] = "time",     [PROC_NS_TIME_FOR_CHILDREN] = "time_for_children",
	[PROC_NS_USER] = "user",     [PROC_NS_UTS] = "uts",
};

const char *proc_namespace_name(enum proc_namespace which)
{
	return names[which];
}

int proc_parse_namespace(const char *data, size_t size, uint64_t *ret_inode)
{
	struct text text = text_of(data, size), name;
	uint64_t inode;
	int ret;

	if (!text_take_until(&text, ':', &name) || text_is_empty(&name) || !text_take_literal(&text, "["))
		return -EINVAL;
	ret = text_take_number(&text, 10, UINT64_MAX, &inode);
	if (ret < 0)
		return ret;
	if (!text_equals(&text, "]"))
		return -EINVAL;
	*ret_inode = inode;
	return 0;
}

int proc_read_namespaces(int dir_fd, struct proc_namespaces *ret_namespaces)
{
	struct proc_namespaces namespaces = { 0 };

	for (int i = 0; i < PROC_NS_COUNT; i++) {
		_cleanup_free_ char *target = NULL;
		char link[64];
		int ret;

		snprintf(link, sizeof(link), "ns/%s", names[i]);
		ret = proc_read_link(dir_fd, link, &target);
		if (ret == -ENOENT)
			continue;
		if (ret == 0)
			ret = proc_parse_namespace(target, strlen(target), &namespaces.inodes[i]);
		if (ret < 0)
			return ret;
	}
	*ret_namespaces = namespaces;
	return 0;
}
