// SPDX-License-Identifier: GPL-2.0-only
/* The ways of 32-bit code into the kernel: int $0x80 and the entry of the vdso that auxv names, by which a thread
 * waits while it is dumped; both work afterwards, at the same address.
 *
 * flavours: compat
 * kinds: compat vdso
 * not-compared: threads
 */
#include "test.h"

#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int ends[2][2];
static uintptr_t entry;
static pid_t tids[2];

static long by_interrupt(long number, long a, long b, long c)
{
	long result;

	asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
	return result;
}

static long by_vdso(long number, long a, long b, long c)
{
	long result;

	asm volatile("call *%[entry]"
		     : "=a"(result)
		     : "a"(number), "b"(a), "c"(b), "d"(c), [entry] "m"(entry)
		     : "memory");
	return result;
}

static void *reader(void *arg)
{
	int which = (intptr_t)arg;
	char byte = 0;
	long got;

	__atomic_store_n(&tids[which], gettid(), __ATOMIC_SEQ_CST);
	got = (which ? by_vdso : by_interrupt)(SYS_read, ends[which][0], (long)&byte, 1);
	check(got == 1 && byte == 'a' + which, "reading by way %d returns %ld", which, got);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];
	struct timespec first, second;

	test_init(argc, argv);
	entry = getauxval(AT_SYSINFO);
	check(entry, "no AT_SYSINFO");
	for (intptr_t i = 0; i < 2; i++) {
		must(pipe(ends[i]));
		check(!pthread_create(&threads[i], NULL, reader, (void *)i), "no thread");
		while (!__atomic_load_n(&tids[i], __ATOMIC_SEQ_CST))
			usleep(100);
		test_wait_blocked(tids[i], SYS_read);
	}
	clock_gettime(CLOCK_MONOTONIC, &first);
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++) {
		must(write(ends[i][1], i ? "b" : "a", 1));
		pthread_join(threads[i], NULL);
	}
	check(getauxval(AT_SYSINFO) == entry, "the entry has moved");
	check(by_vdso(SYS_getpid, 0, 0, 0) == getpid() && by_interrupt(SYS_getpid, 0, 0, 0) == getpid(),
	      "calls do not work");
	clock_gettime(CLOCK_MONOTONIC, &second);
	check(second.tv_sec >= first.tv_sec && second.tv_sec < first.tv_sec + 300, "the clock jumps");
	pass();
}
