// SPDX-License-Identifier: GPL-2.0-only
/* A thread that waits in open() for the other end of a named pipe waits on, and meets it. */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pid_t waiter;

static void *open_reader(void *unused)
{
	char byte = 0;
	int reader;

	__atomic_store_n(&waiter, gettid(), __ATOMIC_SEQ_CST);
	reader = must(open("fifo", O_RDONLY));
	check(read(reader, &byte, 1) == 1 && byte == 'x', "read '%c'", byte);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int writer;

	test_init(argc, argv);
	must(mkfifo("fifo", 0600));
	check(!pthread_create(&thread, NULL, open_reader, NULL), "pthread_create");
	while (!__atomic_load_n(&waiter, __ATOMIC_SEQ_CST))
		sched_yield();
	test_wait_blocked(waiter, SYS_openat);
	test_ready();
	test_wait();
	test_wait_blocked(waiter, SYS_openat);
	writer = must(open("fifo", O_WRONLY));
	must(write(writer, "x", 1));
	check(!pthread_join(thread, NULL), "pthread_join");
	pass();
}
