// SPDX-License-Identifier: GPL-2.0-only
/* The limit of open files: a large tree needs more than the 1024 that processes usually start with. */
#include "criu/util/open-files.h"

#include <errno.h>
#include <sys/resource.h>

int open_files_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	if (limit.rlim_cur == limit.rlim_max)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}
