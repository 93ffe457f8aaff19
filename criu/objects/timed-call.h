/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls with a relative time-out which the kernel goes on with by restart_syscall(2) after an interruption, until
 * the moment that it computed when they began. */
#ifndef CRIU_OBJECTS_TIMED_CALL_H
#define CRIU_OBJECTS_TIMED_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <compel/compel.h>

/* Numbers are those of the thread's own calls: other ones if it runs 32-bit code. */
bool timed_call_is_known(long number, bool compat);
/* How long the call was to last, in nanoseconds; false: for ever, or until a point in time that its arguments name. */
bool timed_call_limit(struct compel_process *process, const struct compel_registers *registers, long number,
		      uint64_t *ret_limit);
/* What is left of it, if the kernel wrote that into the memory of the task when the call was interrupted. */
bool timed_call_rest(struct compel_process *process, const struct compel_registers *registers, long number,
		     uint64_t *ret_rest);
/* The same for calls which a stop ends with EINTR, and which are made anew, with all of their time-out unless it is known
 * when they began. */
bool timed_call_anew(struct compel_process *process, const struct compel_registers *registers, uint64_t *ret_limit);
/* Is native call @number one of those? */
bool timed_call_is_made_anew(long number);
/* Which argument of it is the time-out, and does that point to a struct timespec? -1: it is none of those. */
int timed_call_time_argument(long number, bool *ret_points);
/* Which call a thread sleeps in that goes on by restart_syscall(2): by the function of the kernel in which it waits
 * (/proc/PID/wchan), and the arguments. 0: cannot be told. */
long timed_call_by_place(const char *wchan, const struct compel_registers *registers);
/* Arguments of the same call for @rest nanoseconds. They refer to a struct timespec at @time, to be written there. */
void timed_call_arguments(const struct compel_registers *registers, long number, uint64_t rest, uint64_t time,
			  uint64_t ret_arguments[6]);

/* @rest as such a call takes it from memory. Returns the size. */
size_t timed_call_time(const struct compel_registers *registers, long number, uint64_t rest, struct timespec *ret);

/* In nanoseconds. */
#define MILLISECOND 1000000ULL
#define NANOSECONDS 1000000000ULL /* in a second */

#endif
