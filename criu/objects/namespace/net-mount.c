// SPDX-License-Identifier: GPL-2.0-only
/* A network namespace that a mount keeps (ip netns): it goes on without the tree, which would come back into another one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "criu/kernel/proc/mountinfo.h"
#include "criu/objects/namespace/net-internal.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

int net_mount_survey(struct dump *dump, const struct namespace *namespace)
{
	_cleanup_close_ int self = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_proc_mounts_ struct proc_mounts mounts = { 0 };
	char root[32];
	int error = self < 0 ? -errno : proc_read_mountinfo(self, &mounts);

	if (error < 0)
		return log_errno(error, "'%s' cannot be read", "/proc/self/mountinfo");
	snprintf(root, sizeof(root), "net:[%lu]", (unsigned long)namespace->inode);
	for (size_t i = 0; i < mounts.count; i++) {
		if (strcmp(mounts.items[i].fstype, "nsfs") != 0 || strcmp(mounts.items[i].root, root) != 0)
			continue;
		dump_refuse(dump, namespace->first,
			    "%s is kept by the mount '%s', and the tree would come back into another one; give it from "
			    "outside: --external net[%lu]:KEY here, --join-ns net:%s at the restore",
			    net_describe(dump, namespace), mounts.items[i].mountpoint,
			    (unsigned long)namespace->inode, mounts.items[i].mountpoint);
		break;
	}
	return 0;
}
