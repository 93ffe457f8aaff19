/* SPDX-License-Identifier: LGPL-2.1-only */
/* General registers of a thread, and the same few accessors for every architecture. */
#ifndef COMPEL_REGISTERS_H
#define COMPEL_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/user.h>

/* What a blob is entered with, in registers. */
struct compel_entry {
	uint64_t command, argument; /* of entry() */
	uint64_t token;		    /* given back behind the result */
	uint64_t data, length;	    /* to be made writable before; 0, 0: nothing */
	uint64_t spin;		    /* not 0: without a system call at the end */
};

/* COMPEL_STUB_OFFSET, _SIZE: the system call stub in the first page of the vdso, within one aligned word;
 * COMPEL_SPIN_OFFSET: where in it the spinning begins. */
#if defined(__x86_64__)
#include <compel/arch/x86_64/registers.h>
#elif defined(__aarch64__)
#include <compel/arch/aarch64/registers.h>
#else
#error "libcompel: this architecture is not supported"
#endif

#endif
