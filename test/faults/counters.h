/* SPDX-License-Identifier: GPL-2.0-only */
/* How often each part of a program has gone round, in a file that the driver reads. */
#ifndef FAULTS_COUNTERS_H
#define FAULTS_COUNTERS_H

#include "test.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t *counters;

static inline void map_counters(void)
{
	int fd = must(open("counters", O_RDWR | O_CREAT, 0644));

	must(ftruncate(fd, TEST_PAGE));
	counters = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(counters != MAP_FAILED, "no counters");
	close(fd);
}

#endif
