// SPDX-License-Identifier: GPL-2.0-only
/* Most of the time of a restore goes into new pages: the kernel clears each, then it is read. On several processors
 * several threads do that, portion by portion. */
#include "criu/restore/memory-read.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/pages/copy.h"
#include "criu/pages/image-source.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#define ADVICE_POPULATE_WRITE 23 /* MADV_POPULATE_WRITE, from 5.14 on */
/* A thread takes so much: page tables, and huge pages, are seldom worked at by two. */
#define PORTION_SIZE (4UL << 20)
/* So much is read at once: what the kernel has cleared is still in the cache of the core when it is written to. */
#define PIECE_SIZE (256UL << 10)
/* A thread for less than this costs more than it brings. */
#define THREAD_SIZE_MIN (32UL << 20)
#define THREADS_MAX 4
#define THREAD_STACK (128UL << 10)

struct reading {
	struct page_source *pages;
	uint64_t start, end;
	uint8_t *place;
	_Atomic uint64_t next; /* address of the next portion */
	_Atomic int error;     /* of whoever failed first: all stop */
};

static int read_piece(const struct reading *reading, uint64_t start, uint64_t end)
{
	struct page_run run = { .start = start, .end = end };
	uint8_t *place = reading->place + (start - reading->start);

	/* One call makes all pages; where it fails, reading makes them one by one or says why not. */
	madvise(place, end - start, ADVICE_POPULATE_WRITE);
	return reading->pages->ops->read(reading->pages, &run, 1, place);
}

static int read_portion(const struct reading *reading, uint64_t start)
{
	uint64_t end = MIN(reading->end, start + PORTION_SIZE);
	int error = 0;

	for (; start < end && !error; start += PIECE_SIZE)
		error = read_piece(reading, start, MIN(end, start + PIECE_SIZE));
	return error;
}

static void read_portions(struct reading *reading)
{
	uint64_t start;

	while (!reading->error && (start = atomic_fetch_add(&reading->next, PORTION_SIZE)) < reading->end) {
		int error = read_portion(reading, start), none = 0;

		if (error < 0)
			atomic_compare_exchange_strong(&reading->error, &none, error);
	}
}

static void *run_helper(void *reading)
{
	read_portions(reading);
	return NULL;
}

static unsigned int count_helpers(uint64_t size)
{
	cpu_set_t cpus;

	if (size < 2 * THREAD_SIZE_MIN || sched_getaffinity(0, sizeof(cpus), &cpus) < 0)
		return 0;
	return MIN(MIN(size / THREAD_SIZE_MIN, (uint64_t)CPU_COUNT(&cpus)), (uint64_t)THREADS_MAX) - 1;
}

/* A thread that was joined is still one of the process for a moment. */
static void wait_for_ends(void)
{
	_cleanup_close_ int fd = proc_open_task(getpid());
	struct proc_stat stat;

	while (fd >= 0 && !proc_read_stat(fd, &stat) && stat.num_threads > 1)
		sched_yield();
}

static void read_side_by_side(struct reading *reading, unsigned int nr)
{
	pthread_t helpers[THREADS_MAX];
	unsigned int started = 0;
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK);
	while (started < nr && !pthread_create(&helpers[started], &attributes, run_helper, reading))
		started++;
	pthread_attr_destroy(&attributes);
	read_portions(reading);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(helpers[i], NULL);
	if (started)
		wait_for_ends();
}

int memory_read_new(struct page_source *pages, uint64_t start, uint64_t end, uint8_t *place, bool alone)
{
	struct reading reading = { .pages = pages, .start = start, .end = end, .place = place, .next = start };
	unsigned int nr = alone ? count_helpers(end - start) : 0;
	/* Opened by one, read by all. */
	int error = nr ? page_image_source_wake(pages) : 0;

	if (error < 0)
		return error;
	if (nr)
		read_side_by_side(&reading, nr);
	else
		read_portions(&reading);
	return reading.error;
}
