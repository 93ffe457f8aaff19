/* SPDX-License-Identifier: GPL-2.0-only */
/* Chains of seccomp filters: what the state of threads (seccomp.c) and their image (seccomp-image.c) share. */
#ifndef CRIU_OBJECTS_TASK_SECCOMP_H
#define CRIU_OBJECTS_TASK_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dump;
struct restore;
struct task;
struct thread;

struct seccomp_program {
	struct sock_filter *code;
	unsigned int length; /* instructions */
	uint32_t flags;	     /* SECCOMP_FILTER_FLAG_* */
};

/* The filters of a thread in the order of their installation. */
struct seccomp_chain {
	struct seccomp_program *programs;
	unsigned int nr;
};

bool seccomp_program_equal(const struct seccomp_program *a, const struct seccomp_program *b);
/* Whether the program can ask a listener (SECCOMP_RET_USER_NOTIF), or computes what it answers. */
bool seccomp_program_may_ask(const struct seccomp_program *program);

/* Dump: the number under which images know the chain; equal chains have one. */
uint32_t seccomp_image_add(struct dump *dump, const struct seccomp_chain *chain);
/* Restore: the chain of @thread, whose record says @index. -EBADMSG, logged: there is none, or it is not sound. */
int seccomp_image_chain(struct restore *restore, const struct thread *thread, uint32_t index,
			struct seccomp_chain *ret_chain);

#endif
