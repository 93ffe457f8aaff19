/* SPDX-License-Identifier: GPL-2.0-only */
/* Seccomp filters of these tests: short ones with an answer to one system call, and a child that is spoken to by
 * pipes, because read and write may be all that it is allowed. */
#ifndef ZDTM_SECCOMP_FILTER_H
#define ZDTM_SECCOMP_FILTER_H

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

static inline long install(const struct sock_filter *code, unsigned short length, unsigned int flags)
{
	struct sock_fprog program = { length, (struct sock_filter *)code };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* System call @number is answered with @action, all others are allowed. */
static inline long answer(int number, unsigned int action, unsigned int flags)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return install(code, ARRAY_SIZE(code), flags);
}

static inline unsigned int with_errno(unsigned int error)
{
	return SECCOMP_RET_ERRNO | error;
}

/* The errno of a harmless call that filters of these tests answer. */
static inline int errno_of(long number)
{
	errno = 0;
	return syscall(number, 0, 0, 0) < 0 ? errno : 0;
}

static inline int status_number(pid_t pid, const char *key)
{
	char value[32];

	test_proc_line(pid, "status", key, value, sizeof(value));
	return atoi(value);
}

/* A child at the other end of two pipes. */
struct partner {
	int to[2], from[2];
	void (*lock_up)(void);
};

/* Answers each letter with the next one; "!" makes a call that was forbidden. */
static inline void partner_main(void *arg)
{
	struct partner *partner = arg;
	char letter;

	close(partner->to[1]);
	close(partner->from[0]);
	test_ready();
	partner->lock_up();
	letter = 'r';
	if (write(partner->from[1], &letter, 1) != 1)
		syscall(SYS_exit, 2);
	while (read(partner->to[0], &letter, 1) == 1) {
		if (letter == '!')
			syscall(SYS_getppid);
		letter++;
		if (write(partner->from[1], &letter, 1) != 1)
			syscall(SYS_exit, 3);
	}
	syscall(SYS_exit, 0);
}

static inline pid_t partner_start(struct partner *partner, void (*lock_up)(void))
{
	char letter = 0;
	pid_t pid;

	partner->lock_up = lock_up;
	must(pipe(partner->to));
	must(pipe(partner->from));
	pid = test_child(partner_main, partner);
	close(partner->to[0]);
	close(partner->from[1]);
	must(read(partner->from[0], &letter, 1));
	check(letter == 'r', "the child did not get under seccomp");
	return pid;
}

static inline bool partner_answers(const struct partner *partner, char letter)
{
	char reply = 0;

	must(write(partner->to[1], &letter, 1));
	return read(partner->from[0], &reply, 1) == 1 && reply == letter + 1;
}

#endif
