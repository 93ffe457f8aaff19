/* SPDX-License-Identifier: GPL-2.0-only */
/* Children for the tests of libcompel to freeze, and small helpers. */
#ifndef TEST_UNIT_COMPEL_TARGET_H
#define TEST_UNIT_COMPEL_TARGET_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <compel/compel.h>

#include "test/unit/compel-blob.h"

extern const char blob_test[], blob_test_end[];

#define must(call)                                                                         \
	do {                                                                               \
		long must_result_ = (call);                                                \
		if (must_result_ < 0)                                                      \
			fail_msg("%s: %ld: %s", #call, must_result_, compel_last_error()); \
	} while (0)

static inline struct compel_blob test_blob(void)
{
	return (struct compel_blob){ blob_test, (size_t)(blob_test_end - blob_test) };
}

static inline void sleep_ms(long milliseconds)
{
	struct timespec delay = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, &delay) == EINTR)
		;
}

static inline long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void *shared_page(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(page != MAP_FAILED);
	return page;
}

static inline uint64_t own_mask(void)
{
	uint64_t mask = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
	return mask;
}

static inline struct compel_ledger *new_ledger(void)
{
	struct compel_ledger *ledger;

	must(compel_ledger_new(4096, &ledger));
	return ledger;
}

/* Text of a file of /proc; the caller frees. */
static inline char *proc_text(pid_t pid, const char *name)
{
	size_t size = 1 << 20;
	char path[128], *text = calloc(1, size);
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, "re");
	assert_non_null(file);
	text[fread(text, 1, size - 1, file)] = 0;
	fclose(file);
	return text;
}

static inline char proc_state(pid_t pid)
{
	char *text = proc_text(pid, "stat"), state = strrchr(text, ')')[2];

	free(text);
	return state;
}

/* A child ends with the test, also when that fails: nobody is to wait for what it holds open. */
static inline pid_t test_fork(void)
{
	pid_t child = fork();

	if (!child)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return child;
}

static inline void wait_for_state(pid_t pid, char state)
{
	for (int wait = 0; wait < 10000 && proc_state(pid) != state; wait++)
		sleep_ms(1);
	assert_int_equal(proc_state(pid), state);
}

static inline void wait_for_threads(pid_t pid, unsigned long nr)
{
	struct stat stat_of_tasks;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	for (int wait = 0; wait < 10000; wait++) {
		assert_return_code(stat(path, &stat_of_tasks), errno);
		if (stat_of_tasks.st_nlink - 2 == nr)
			return;
		sleep_ms(1);
	}
	fail_msg("pid %d has %lu threads, not %lu", pid, (unsigned long)stat_of_tasks.st_nlink - 2, nr);
}

/* Until the memory which a child shares with us is not 0. */
#define wait_for_value(value)                                           \
	do {                                                            \
		for (int wait_ = 0; wait_ < 10000 && !(value); wait_++) \
			sleep_ms(1);                                    \
		assert_true(value);                                     \
	} while (0)

static inline void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
}

/* Injects, calls, cures: what a dump does. */
static inline void visit_process(struct compel_process *process)
{
	struct compel_blob blob = test_blob();
	long value;

	must(compel_inject(process, &blob, 4096, 0));
	for (unsigned int n = 0; n < process->nr_threads; n++) {
		if (process->threads[n].dead)
			continue;
		must(compel_call(&process->threads[n], BLOB_CLOBBER, 0, &value));
		must(compel_call(&process->threads[n], BLOB_IDENTIFY, 0, &value));
		assert_int_equal(value, BLOB_ANSWER);
	}
	must(compel_cure(process));
}

#endif
