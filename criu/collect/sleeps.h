/* SPDX-License-Identifier: GPL-2.0-only */
/* How much is left of system calls with a time-out. */
#ifndef CRIU_COLLECT_SLEEPS_H
#define CRIU_COLLECT_SLEEPS_H

struct dump;

/* Fills call_number and call_rest of threads that were interrupted in a call which the kernel goes on with by
 * restart_syscall(2). 0 or -errno, logged. */
int collect_sleeps(struct dump *dump);
/* Before the threads of the tree go on: a call that begins anew does so with what is left of its time-out. */
void collect_resume_sleeps(struct dump *dump);

#endif
