/* SPDX-License-Identifier: GPL-2.0-only */
/* Ownership by attribute: what a variable owns is released when it leaves its scope, unless stolen before. */
#ifndef CRIU_UTIL_CLEANUP_H
#define CRIU_UTIL_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void cleanup_close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void cleanup_free_memory(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define _cleanup_close_ _cleanup_(cleanup_close_fd)
#define _cleanup_free_ _cleanup_(cleanup_free_memory)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)
#define _cleanup_closedir_ _cleanup_(cleanup_closedir)

static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -EBADF;
	return stolen;
}

#define steal_pointer(pointer)                     \
	({                                         \
		__auto_type steal_at_ = (pointer); \
		__auto_type stolen_ = *steal_at_;  \
		*steal_at_ = NULL;                 \
		stolen_;                           \
	})

#endif
