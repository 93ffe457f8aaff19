/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the kernel module: all probes, and what they share. */
#ifndef CRIU_KERNEL_PROBE_H
#define CRIU_KERNEL_PROBE_H

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>

#include "criu/kernel/kernel.h"

/* Each returns 1, 0, or -errno when it could not find out. */
#define FEATURE(id, name, category, probe, text) int probe(struct kernel *kernel);
#include "criu/kernel/features.def"
#undef FEATURE

/* Runs @function in a child that shares nothing, reaps it, and returns what it returned. The child makes no SIGCHLD
 * and no wait() of the caller sees it. */
int probe_in_child(int (*function)(void *context), void *context);

/* The same, while @trace is applied to it by ptrace: the child calls @function, which ends in a stop of the child's
 * own making (SIGSTOP), then @trace sees it stopped. It is killed afterwards. Tracing is left to a child of its own,
 * so that the caller has no new tracee. */
int probe_traced(void (*function)(void), int (*trace)(pid_t pid));

/* Result of a call that is known to the kernel unless it fails with ENOSYS, EINVAL or the like: 1 for success, 0
 * for those, -errno for any other. */
static inline int probe_result(long result)
{
	if (result >= 0)
		return 1;
	switch (errno) {
	case ENOSYS:
	case EINVAL:
	case ENOTTY:
	case EOPNOTSUPP:
	case ENOPROTOOPT:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
	case ENODEV:
	case ENOENT:
	case E2BIG:
		return 0;
	default:
		return -errno;
	}
}

#endif
