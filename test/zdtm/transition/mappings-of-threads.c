// SPDX-License-Identifier: GPL-2.0-only
/* Threads map, move, protect, replace and unmap memory of their own in one address space all the time; each finds there
 * what it wrote.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: mappings
 */
#include "test.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#define THREADS 4
#define SIZE (16 * TEST_PAGE)
#define HOLE (4 * TEST_PAGE)

static pthread_barrier_t barrier;

static uint8_t *map(uint32_t seed)
{
	uint8_t *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED, "no memory");
	test_fill(memory, SIZE, seed);
	return memory;
}

/* To another place; what remains at the old one is empty. */
static uint8_t *move(uint8_t *memory)
{
	uint8_t *moved = mremap(memory, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);

	check(moved != MAP_FAILED, "no memory to move to");
	check(!memory[0] && !memory[SIZE - 1], "what was moved is still there");
	must(munmap(memory, SIZE));
	return moved;
}

/* Every third page gets a protection of its own, four get a new mapping, then all is as it was. */
static void tear(uint8_t *memory, uint32_t seed)
{
	uint8_t saved[HOLE];

	memcpy(saved, memory + HOLE, HOLE);
	for (size_t at = 0; at < SIZE; at += 3 * TEST_PAGE)
		must(mprotect(memory + at, TEST_PAGE, at % 2 ? PROT_NONE : PROT_READ));
	check(mmap(memory + HOLE, HOLE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
		      memory + HOLE,
	      "no mapping of its own");
	memcpy(memory + HOLE, saved, HOLE);
	must(mprotect(memory, SIZE, PROT_READ));
	check(test_differs(memory, SIZE, seed) < 0, "%u: has changed", seed);
}

static void *shuffle(void *arg)
{
	uint32_t seed = (uint32_t)(size_t)arg << 24;

	pthread_barrier_wait(&barrier);
	for (; !test_stopped(); seed++) {
		uint8_t *memory = map(seed);

		memory = move(memory);
		check(test_differs(memory, SIZE, seed) < 0, "%u: has changed when moved", seed);
		tear(memory, seed);
		must(munmap(memory, SIZE));
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	test_init(argc, argv);
	check(!pthread_barrier_init(&barrier, NULL, THREADS + 1), "no barrier");
	for (size_t i = 0; i < THREADS; i++)
		check(!pthread_create(&thread[i], NULL, shuffle, (void *)i), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	pass();
}
