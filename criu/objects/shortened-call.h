/* SPDX-License-Identifier: GPL-2.0-only */
/* A system call that is made again, with what is left of its time-out. */
#ifndef CRIU_OBJECTS_SHORTENED_CALL_H
#define CRIU_OBJECTS_SHORTENED_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <compel/compel.h>

/* Lets native system call @number, made by the instruction at @call, last for @rest nanoseconds: changes one argument in
 * @registers, and may write a time below the stack of the thread, where any signal would, too. false, and nothing is
 * changed: the program looks at that argument after the call, or that cannot be told. */
bool shortened_call(struct compel_process *process, struct compel_registers *registers, uint64_t call,
		    long number, uint64_t rest);

#endif
