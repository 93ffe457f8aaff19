// SPDX-License-Identifier: GPL-2.0-only
/* Sharing that nobody can make again: a process and a thread that is not the leader of another one share a table, and an
 * address space is shared with a grandchild whose parent has another.
 *
 * refuses: descriptor table of one of its threads; neither its parent nor a sibling
 * kinds: unsupported
 */
#include "../sharing/common.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int *words;

/* A thread with a table of its own and a process that shares it. */
static void *with_table(void *arg)
{
	must(unshare(CLONE_FILES));
	test_leave_starter();
	if (!fork_sharing(CLONE_FILES)) {
		set_word(&words[0], getpid());
		test_wait();
		_exit(0);
	}
	for (;;)
		pause();
	return NULL;
}

static int grandchild(void *arg)
{
	test_leave_starter();
	set_word(&words[1], getpid());
	test_wait();
	syscall(SYS_exit_group, 0);
	return 0;
}

/* Lives in our memory, has a child there, and then executes. */
static int middle(void *arg)
{
	char *const argv[] = { "sleep", "1000", NULL };

	spawn_sharing(0, grandchild, NULL);
	test_leave_starter();
	execvp(argv[0], argv);
	syscall(SYS_exit_group, 1);
	return 0;
}

static bool executes(pid_t pid)
{
	char name[64], text[16] = "";
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/comm", pid);
	file = fopen(name, "r");
	if (file) {
		text[fread(text, 1, sizeof(text) - 1, file)] = 0;
		fclose(file);
	}
	return !strncmp(text, "sleep", 5);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t pid;

	test_init(argc, argv);
	words = shared_words(2);
	check(!pthread_create(&thread, NULL, with_table, NULL), "no thread");
	pid = spawn_sharing(0, middle, NULL);
	while (!__atomic_load_n(&words[0], __ATOMIC_SEQ_CST) || !__atomic_load_n(&words[1], __ATOMIC_SEQ_CST))
		usleep(1000);
	while (!executes(pid))
		usleep(1000);
	test_ready();
	test_wait();
	must(kill(words[1], SIGKILL));
	must(kill(pid, SIGKILL));
	must(waitpid(pid, NULL, 0));
	end_sharing(words[0]);
	pass();
}
