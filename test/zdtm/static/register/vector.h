/* SPDX-License-Identifier: GPL-2.0-only */
/* Vector registers of two threads that spin in user mode: the including file gives SPIN, which loads the registers
 * from (%rdi), waits for test_stop_flag and stores them to (%rsi), and SIZE, the bytes of all of them. */
#include "test.h"

#include <pthread.h>

void spin_vector(const void *in, void *out);
asm(".text\n.type spin_vector, @function\nspin_vector:\n" SPIN "	ret\n");

static pthread_barrier_t started;

static void *spin(void *arg)
{
	uint32_t seed = (uintptr_t)arg;
	static __thread uint8_t in[SIZE] __attribute__((aligned(64))), out[SIZE] __attribute__((aligned(64)));
	ssize_t at;

	test_fill(in, sizeof(in), seed);
#ifdef PREPARE
	PREPARE(in);
#endif
	pthread_barrier_wait(&started);
	if (seed == 1)
		test_ready();
	spin_vector(in, out);
	for (at = 0; at < SIZE && in[at] == out[at]; at++)
		;
	check(at == SIZE, "thread %u: byte %zd was %#x and is %#x", seed, at, in[at], out[at]);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t other;

	test_init(argc, argv);
	pthread_barrier_init(&started, NULL, 2);
	check(!pthread_create(&other, NULL, spin, (void *)2), "no thread");
	spin((void *)1);
	pthread_join(other, NULL);
	pass();
}
