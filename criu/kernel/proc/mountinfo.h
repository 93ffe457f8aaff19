/* SPDX-License-Identifier: GPL-2.0-only */
/* Mounts of a task's mount namespace below its root: /proc/PID/mountinfo. */
#ifndef CRIU_KERNEL_PROC_MOUNTINFO_H
#define CRIU_KERNEL_PROC_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "criu/util/cleanup.h"

/* All strings without escapes. */
struct proc_mount {
	int id, parent_id; /* a root mount may be its own parent, or have one that is not listed */
	uint32_t dev_major, dev_minor;
	char *root;	  /* in the file system; "net:[4026531840]" of a bound namespace */
	char *mountpoint; /* seen from the task's root */
	char *options;	  /* of the mount: "rw,nosuid" */
	/* Peer group numbers, 0 without. */
	int shared_id, master_id, propagate_from_id;
	bool unbindable;
	char *fstype; /* with subtype: "fuse.sshfs" */
	char *source; /* "none" as text or "" where there is none */
	char *super_options;
	bool root_deleted; /* the root ended in "//deleted": what is bound has no name any more */
};

struct proc_mounts {
	struct proc_mount *items; /* as listed: a mount follows what it is mounted on, mostly */
	size_t count;
};

int proc_parse_mountinfo(const char *data, size_t size, struct proc_mounts *ret_mounts);
/* @dir_fd: directory of a task or thread. */
int proc_read_mountinfo(int dir_fd, struct proc_mounts *ret_mounts);
void proc_free_mounts(struct proc_mounts *mounts);

#define _cleanup_proc_mounts_ _cleanup_(proc_free_mounts)

#endif
