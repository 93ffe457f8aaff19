// SPDX-License-Identifier: GPL-2.0-only
/* Probes of namespaces and of what is counted per namespace. */
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "criu/kernel/probe.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

struct namespace_try {
	const char *file;
	int flag;
};

static int try_unshare(void *context)
{
	const struct namespace_try *namespace = context;

	if (access(namespace->file, F_OK) < 0)
		return 0;
	return probe_result(unshare(namespace->flag));
}

static int probe_namespace(const char *file, int flag)
{
	struct namespace_try namespace = { .file = file, .flag = flag };

	return probe_in_child(try_unshare, &namespace);
}

int probe_userns(struct kernel *kernel)
{
	return probe_namespace("/proc/self/ns/user", CLONE_NEWUSER);
}

int probe_cgroupns(struct kernel *kernel)
{
	return probe_namespace("/proc/self/ns/cgroup", CLONE_NEWCGROUP);
}

int probe_timens(struct kernel *kernel)
{
	return probe_namespace("/proc/self/timens_offsets", CLONE_NEWTIME);
}

int probe_ipc_next_id(struct kernel *kernel)
{
	static const char *const files[] = { "/proc/sys/kernel/msg_next_id", "/proc/sys/kernel/sem_next_id",
					     "/proc/sys/kernel/shm_next_id" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (access(files[i], F_OK) < 0)
			return 0;
	}
	return 1;
}
