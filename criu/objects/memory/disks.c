// SPDX-License-Identifier: GPL-2.0-only
/* /proc/diskstats: field 9 behind the name is the number of requests in progress (Documentation/admin-guide/iostats). */
#include "criu/objects/memory/disks.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "criu/util/cleanup.h"
#include "criu/util/clock.h"

#define LINES_MAX 4096
#define NAME_SIZE 64
#define LOOK_NSEC 1000000L
/* What is left to do when the disk has done its part (end_io in a worker of the kernel). */
#define SETTLE_NSEC 20000000L
#define USEC 1000000ULL

struct disks {
	char (*busy)[NAME_SIZE]; /* those that have not been idle yet */
	size_t nr;
};

static bool was_busy(const struct disks *disks, const char *name)
{
	for (size_t i = 0; i < disks->nr; i++)
		if (!strcmp(disks->busy[i], name))
			return true;
	return false;
}

/* The first look takes all that are busy, later ones what is so still. */
static int look(struct disks *disks, bool first)
{
	struct disks now = { .busy = calloc(LINES_MAX, NAME_SIZE) };
	FILE *file = fopen("/proc/diskstats", "re");
	int error = file ? now.busy ? 0 : -ENOMEM : -errno;
	char *line = NULL;
	size_t size = 0;

	while (!error && now.nr < LINES_MAX && getline(&line, &size, file) > 0) {
		char name[NAME_SIZE];
		unsigned long in_progress;

		if (sscanf(line, "%*u %*u %63s %*u %*u %*u %*u %*u %*u %*u %*u %lu", name, &in_progress) == 2 &&
		    in_progress && (first || was_busy(disks, name)))
			memcpy(now.busy[now.nr++], name, NAME_SIZE);
	}
	free(line);
	free(disks->busy);
	*disks = now;
	if (file)
		fclose(file);
	return error;
}

int disks_wait_idle(unsigned int seconds, char *busy, size_t size)
{
	uint64_t deadline = clock_usec() + seconds * USEC;
	struct timespec pause = { .tv_nsec = LOOK_NSEC }, settle = { .tv_nsec = SETTLE_NSEC };
	struct disks disks = { NULL, 0 };
	int error = look(&disks, true);
	bool waited = disks.nr;

	while (!error && disks.nr && clock_usec() < deadline) {
		nanosleep(&pause, NULL);
		error = look(&disks, false);
	}
	if (!error && disks.nr) {
		snprintf(busy, size, "%s", disks.busy[0]);
		error = -ETIMEDOUT;
	}
	if (!error && waited)
		nanosleep(&settle, NULL);
	free(disks.busy);
	return error;
}
