// SPDX-License-Identifier: GPL-2.0-only
/* Protection keys: which ones are allocated (with a gap), the mappings that use them, the rights of each thread, and
 * memory to be executed only, which has a key of the kernel's own.
 *
 * flavours: host ns
 * kinds: protection_keys
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (4 * TEST_PAGE)

static uint8_t *memory[4];
static int keys[4], ends[2];

static uint8_t *map(int key, int seed)
{
	uint8_t *area = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(area != MAP_FAILED, "no memory");
	test_fill(area, SIZE, seed);
	must(pkey_mprotect(area, SIZE, PROT_READ | PROT_WRITE, key));
	return area;
}

static int key_of(const void *address)
{
	char value[32] = "0";

	test_mapping_line(address, "ProtectionKey", value, sizeof(value));
	return atoi(value);
}

static bool can_read(const void *address)
{
	uint8_t byte;

	if (write(ends[1], address, 1) == -1)
		return false;
	must(read(ends[0], &byte, 1));
	return true;
}

static pthread_barrier_t barrier;

static void *thread(void *arg)
{
	must(pkey_set(keys[0], PKEY_DISABLE_ACCESS));
	must(pkey_set(keys[2], 0));
	pthread_barrier_wait(&barrier);
	test_wait();
	check(pkey_get(keys[0]) == PKEY_DISABLE_ACCESS, "rights of the thread: %d", pkey_get(keys[0]));
	check(pkey_get(keys[2]) == 0, "rights of the thread: %d", pkey_get(keys[2]));
	return NULL;
}

int main(int argc, char **argv)
{
	uint8_t *hidden;
	int hidden_key;
	pthread_t id;

	test_init(argc, argv);
	must(pipe(ends));
	for (int i = 0; i < 4; i++) {
		keys[i] = pkey_alloc(0, 0);
		if (keys[i] == -1)
			skip("no protection keys: %s", strerror(errno));
		memory[i] = map(keys[i], i);
	}
	hidden = map(0, 50);
	must(mprotect(hidden, SIZE, PROT_EXEC));
	hidden_key = key_of(hidden);
	/* Mappings of a key that is free again keep it. */
	must(pkey_free(keys[1]));
	check(!pthread_barrier_init(&barrier, NULL, 2), "no barrier");
	check(!pthread_create(&id, NULL, thread, NULL), "no thread");
	pthread_barrier_wait(&barrier);
	must(pkey_set(keys[2], PKEY_DISABLE_ACCESS));
	must(pkey_set(keys[3], PKEY_DISABLE_WRITE));
	test_ready();
	test_wait();
	pthread_join(id, NULL);
	for (int i = 0; i < 4; i++)
		check(key_of(memory[i]) == keys[i], "mapping %d has key %d", i, key_of(memory[i]));
	check(key_of(hidden) == hidden_key, "memory to be executed has key %d, not %d", key_of(hidden), hidden_key);
	check(!can_read(hidden), "memory to be executed can be read");
	check(pkey_get(keys[2]) == PKEY_DISABLE_ACCESS && pkey_get(keys[3]) == PKEY_DISABLE_WRITE, "other rights");
	check(can_read(memory[0]) && !can_read(memory[2]) && can_read(memory[3]), "the rights are not those");
	must(pkey_set(keys[2], 0));
	for (int i = 0; i < 4; i++)
		check(test_differs(memory[i], SIZE, i) < 0, "memory %d has changed", i);
	/* The lowest free key comes first. */
	check(pkey_alloc(0, 0) == keys[1], "the free key is not free");
	check(pkey_alloc(0, 0) == hidden_key + 1, "a key behind is not free");
	pass();
}
