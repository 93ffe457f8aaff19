/* SPDX-License-Identifier: GPL-2.0-only */
/* What guardians of a dump and of a restore have in common. */
#ifndef CRIU_UTIL_GUARDIAN_H
#define CRIU_UTIL_GUARDIAN_H

#include <sys/types.h>

/* Gives the calling process another name and another group, and makes it deaf: whatever ends criu by name, by group
 * or from the terminal is to leave somebody who cleans up. */
void guardian_step_aside(void);
/* Starts a child which holds back the end of the calling process, should it be killed, until @wait(@argument) returns:
 * meanwhile it stays the tracer of those it traces. It works as a tracer itself, so it cannot where there is one already:
 * -EPERM. guardian_end_holder() ends that; what ends by itself does not wait long either. */
int guardian_start_holder(void (*wait)(void *argument), void *argument, pid_t *ret_pid);
void guardian_end_holder(pid_t pid);
/* Until the process behind @pidfd has ended. */
void guardian_wait_for_end(int pidfd);

/* Runs @work in a process that is not ended together with us, by name or by group, and waits for it: what it returned. Whose
 * pid it is stands in @apart, in memory shared with who comes after us. Should it be killed, @killed(@argument) is told while
 * /proc still has it, and this returns -EINTR. */
int guardian_run_apart(volatile pid_t *apart, int (*work)(void *argument),
		       void (*killed)(void *argument, pid_t pid), void *argument);
/* For that one, when our end is seen: waits until such a process is done. */
void guardian_wait_apart(const volatile pid_t *apart);

#endif
