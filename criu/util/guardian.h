/* SPDX-License-Identifier: GPL-2.0-only */
/* What guardians of a dump and of a restore have in common. */
#ifndef CRIU_UTIL_GUARDIAN_H
#define CRIU_UTIL_GUARDIAN_H

/* Gives the calling process another name and another group, and makes it deaf: whatever ends criu by name, by group
 * or from the terminal is to leave somebody who cleans up. */
void guardian_step_aside(void);
/* Until the process behind @pidfd has ended. */
void guardian_wait_for_end(int pidfd);

#endif
