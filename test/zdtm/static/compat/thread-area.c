// SPDX-License-Identifier: GPL-2.0-only
/* Each thread of a 32-bit program keeps its slots of thread-local storage (set_thread_area) and the segment registers
 * that select them.
 *
 * flavours: compat
 * kinds: compat
 */
#include "test.h"

#include <asm/ldt.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 3

struct slot {
	struct user_desc description;
	uint32_t words[16];
	uint16_t selector;
};

static pthread_barrier_t barrier;

static void set_up(struct slot *slot, uint32_t number)
{
	slot->description = (struct user_desc){
		.entry_number = -1,
		.base_addr = (uintptr_t)slot->words,
		.limit = sizeof(slot->words) - 1,
		.seg_32bit = 1,
		.useable = 1,
	};
	test_fill(slot->words, sizeof(slot->words), number);
	must(syscall(SYS_set_thread_area, &slot->description));
	slot->selector = slot->description.entry_number * 8 + 3;
	asm volatile("movw %0, %%fs" : : "r"(slot->selector));
}

static void judge(const struct slot *slot, uint32_t number)
{
	struct user_desc now = { .entry_number = slot->description.entry_number };
	uint32_t word;
	uint16_t selector;

	asm volatile("movw %%fs, %0" : "=r"(selector));
	check(selector == slot->selector, "thread %u: %%fs was %#x and is %#x", number, slot->selector, selector);
	for (unsigned int i = 0; i < ARRAY_SIZE(slot->words); i++) {
		asm volatile("movl %%fs:(%1), %0" : "=r"(word) : "r"(i * 4));
		check(word == slot->words[i], "thread %u: word %u of its segment is %#x", number, i, word);
	}
	must(syscall(SYS_get_thread_area, &now));
	check(!memcmp(&now, &slot->description, sizeof(now)), "thread %u: its slot describes another segment",
	      number);
	check(test_differs(slot->words, sizeof(slot->words), number) < 0, "thread %u: other words", number);
}

static void *work(void *arg)
{
	struct slot slot;

	set_up(&slot, (uintptr_t)arg);
	pthread_barrier_wait(&barrier);
	while (!test_stopped())
		usleep(2000);
	judge(&slot, (uintptr_t)arg);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	struct slot slot;

	test_init(argc, argv);
	set_up(&slot, 100);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (uintptr_t i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, work, (void *)i), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	judge(&slot, 100);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pass();
}
