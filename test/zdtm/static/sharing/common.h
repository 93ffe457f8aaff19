/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes made by clone(2) with what they share, and judging what is shared. */
#ifndef ZDTM_SHARING_COMMON_H
#define ZDTM_SHARING_COMMON_H

#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define STACK_SIZE (256UL << 10)

/* A word per process, which says that it is ready. */
static inline int *shared_words(unsigned int nr)
{
	int *words = mmap(NULL, nr * sizeof(*words), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	check(words != MAP_FAILED, "no shared memory");
	return words;
}

static inline void set_word(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static inline void wait_word(const int *word, int value)
{
	while (__atomic_load_n(word, __ATOMIC_SEQ_CST) != value)
		usleep(1000);
}

/* A copy of this process which shares what @flags say, as fork() would make it. */
static inline pid_t fork_sharing(unsigned long flags)
{
	return (pid_t)must(syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0));
}

/* One that runs in our memory. */
static inline pid_t spawn_sharing(unsigned long flags, int (*body)(void *), void *argument)
{
	char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
			   -1, 0);

	check(stack != MAP_FAILED, "no stack");
	return (pid_t)must(clone(body, stack + STACK_SIZE, (int)(flags | CLONE_VM | SIGCHLD), argument));
}

static inline int is_shared(pid_t a, pid_t b, int kind)
{
	return must(syscall(SYS_kcmp, a, b, kind, 0, 0)) == 0;
}

/* Ends a child and fails unless it exits with 0. */
static inline void end_sharing(pid_t pid)
{
	int status;

	must(kill(pid, SIGTERM));
	must(waitpid(pid, &status, __WALL));
	check(status == 0, "process %d ended with wait status %#x", pid, (unsigned int)status);
}

#endif
