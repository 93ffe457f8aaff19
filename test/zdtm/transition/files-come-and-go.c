// SPDX-License-Identifier: GPL-2.0-only
/* Threads create, rename, unlink and close files in one table of descriptors all the time, also files that have no
 * name any more while they are read; each finds its contents, its offset and its flags.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: descriptors positions
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define THREADS 3
#define SIZE 5000

static pthread_barrier_t barrier; /* new threads have signals blocked for a moment */

static void expect(int fd, uint32_t seed, off_t offset)
{
	uint8_t data[SIZE];

	check(lseek(fd, 0, SEEK_CUR) == offset, "the offset of file %u is %ld", seed, lseek(fd, 0, SEEK_CUR));
	check(pread(fd, data, SIZE, 0) == SIZE && test_differs(data, SIZE, seed) < 0, "file %u has changed", seed);
}

/* Created, renamed, opened by a second description, duplicated, left without a name. */
static void life_of_file(uint32_t seed)
{
	char first[32], second[32];
	uint8_t data[SIZE];
	int fd, other, copy;

	snprintf(first, sizeof(first), "first-%u", seed);
	snprintf(second, sizeof(second), "second-%u", seed);
	test_fill(data, SIZE, seed);
	fd = must(open(first, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	check(write(fd, data, SIZE) == SIZE, "short write");
	must(rename(first, second));
	other = must(open(second, O_RDONLY | O_NONBLOCK));
	expect(other, seed, 0);
	must(lseek(other, 17, SEEK_SET));
	copy = must(fcntl(other, F_DUPFD_CLOEXEC, 50));
	must(unlink(second));
	expect(fd, seed, SIZE);
	must(close(other));
	expect(copy, seed, 17);
	check(must(fcntl(copy, F_GETFL)) & O_NONBLOCK && must(fcntl(copy, F_GETFD)) == FD_CLOEXEC, "other flags");
	must(close(fd));
	must(close(copy));
}

/* Both ends in the same thread; what is in it is more than one page. */
static void life_of_pipe(uint32_t seed)
{
	uint8_t data[SIZE];
	int ends[2];
	ssize_t n;

	must(pipe2(ends, O_NONBLOCK));
	test_fill(data, SIZE, seed);
	check(write(ends[1], data, SIZE) == SIZE, "short write");
	must(close(ends[1]));
	check(read(ends[0], data, SIZE) == SIZE && test_differs(data, SIZE, seed) < 0, "pipe %u has changed", seed);
	n = read(ends[0], data, SIZE);
	check(n == 0, "pipe %u has no end: %zd, %s", seed, n, strerror(errno));
	must(close(ends[0]));
}

static void *lives(void *arg)
{
	pthread_barrier_wait(&barrier);
	for (uint32_t seed = (uint32_t)(size_t)arg << 24; !test_stopped(); seed++) {
		life_of_file(seed);
		life_of_pipe(seed);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	test_init(argc, argv);
	check(!pthread_barrier_init(&barrier, NULL, THREADS + 1), "no barrier");
	for (size_t i = 0; i < THREADS; i++)
		check(!pthread_create(&thread[i], NULL, lives, (void *)i), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	pass();
}
