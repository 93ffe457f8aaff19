// SPDX-License-Identifier: GPL-2.0-only
/* The first thread of a process has exited, another goes on: with memory, descriptors, a child of its own. The exit code
 * of the first thread stays (it is that of the process, up to Linux 6.0; from then on that of the last thread is).
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *pattern;
static int fd;

static void idle(void *arg)
{
	test_ready();
	test_wait();
}

static bool leader_is_zombie(void)
{
	char state[64];

	test_proc_line(getpid(), "status", "State", state, sizeof(state));
	return state[0] == 'Z';
}

static int leader_exit_code(void)
{
	char text[1024], name[64];
	FILE *file;
	size_t size;

	snprintf(name, sizeof(name), "/proc/%d/task/%d/stat", getpid(), getpid());
	file = fopen(name, "r");
	check(file, "no '%s'", name);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = 0;
	fclose(file);
	return atoi(strrchr(text, ' '));
}

static void *go_on(void *arg)
{
	while (!leader_is_zombie())
		usleep(1000);
	test_ready();
	test_wait();
	check(leader_is_zombie(), "the leader lives again");
	check(test_differs(pattern, 16 * TEST_PAGE, 7) < 0, "memory is not as it was");
	check(lseek(fd, 0, SEEK_CUR) == 4, "the offset of the file is lost");
	test_end_child(*(pid_t *)arg);
	check(leader_exit_code() == 5 << 8, "the leader's exit code is %#x", (unsigned int)leader_exit_code());
	syscall(SYS_exit, 6);
	return NULL;
}

static void orphaned_threads(void *arg)
{
	static char memory[16 * TEST_PAGE];
	static pid_t child;
	pthread_t threads[2];

	pattern = memory;
	test_fill(memory, sizeof(memory), 7);
	fd = must(open("file", O_RDWR | O_CREAT, 0600));
	must(write(fd, "some", 4));
	child = test_child(idle, NULL);
	check(!pthread_create(&threads[0], NULL, go_on, &child), "no thread");
	syscall(SYS_exit, 5);
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	test_init(argc, argv);
	pid = test_child(orphaned_threads, NULL);
	test_ready();
	test_wait();
	must(kill(pid, SIGTERM));
	must(waitpid(pid, &status, 0));
	check(WIFEXITED(status) && (WEXITSTATUS(status) == 5 || WEXITSTATUS(status) == 6),
	      "the process ended with wait status %#x", (unsigned int)status);
	pass();
}
