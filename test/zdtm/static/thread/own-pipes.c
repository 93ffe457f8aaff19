// SPDX-License-Identifier: GPL-2.0-only
/* A thread with a descriptor table of its own, and in it alone: a pipe and a fifo with contents, a device, a file of
 * /proc, a memfd and an owner with a signal; the other end of a second pipe is in the table of the process.
 *
 * flavours: host ns
 * kinds: pipe fifo regular memfd file_owner
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int across[2], stage;
static const char *wrong;

static void expect(bool right, const char *what)
{
	if (!right && !wrong)
		wrong = what;
}

static bool holds(int fd, const char *text)
{
	char read_text[32] = "";

	return read(fd, read_text, sizeof(read_text) - 1) == (ssize_t)strlen(text) && !strcmp(read_text, text);
}

static void reach(int what)
{
	__atomic_store_n(&stage, what, __ATOMIC_SEQ_CST);
}

static void wait_stage(int what)
{
	while (__atomic_load_n(&stage, __ATOMIC_SEQ_CST) != what)
		usleep(1000);
}

static void *alone(void *arg)
{
	int ends[2], fifo, device, status, memory;
	char name[256] = "";
	struct stat stat;

	must(unshare(CLONE_FILES));
	test_leave_starter();
	must(close(across[1]));
	must(pipe2(ends, O_NONBLOCK));
	must(write(ends[1], "in the pipe", 11));
	must(fcntl(ends[0], F_SETOWN, getpid()));
	must(fcntl(ends[0], F_SETSIG, SIGRTMIN));
	fifo = must(open("fifo", O_RDWR | O_NONBLOCK));
	must(write(fifo, "in the fifo", 11));
	device = must(open("/dev/zero", O_RDONLY));
	status = must(open("/proc/self/status", O_RDONLY));
	memory = must(memfd_create("memory", 0));
	must(pwrite(memory, "in the memory", 13, 0));
	reach(1);
	wait_stage(2);
	expect(fcntl(ends[0], F_GETOWN) == getpid() && fcntl(ends[0], F_GETSIG) == SIGRTMIN,
	       "the owner of the pipe");
	expect(holds(ends[0], "in the pipe"), "the contents of the pipe");
	expect(holds(fifo, "in the fifo"), "the contents of the fifo");
	expect(holds(across[0], "across"), "the pipe from the process");
	expect(fstat(device, &stat) == 0 && stat.st_rdev == makedev(1, 5), "the device");
	expect(read(status, name, sizeof(name) - 1) > 0 && strstr(name, "Name:\town-pipes"), "the file of /proc");
	expect(holds(memory, "in the memory"), "the memfd");
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	must(mkfifo("fifo", 0600));
	must(pipe(across));
	check(!pthread_create(&thread, NULL, alone, NULL), "no thread");
	wait_stage(1);
	must(close(across[0]));
	must(write(across[1], "across", 6));
	test_ready();
	test_wait();
	reach(2);
	check(!pthread_join(thread, NULL), "pthread_join");
	check(!wrong, "not as it was: %s", wrong);
	pass();
}
