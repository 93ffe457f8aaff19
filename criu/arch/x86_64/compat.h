/* SPDX-License-Identifier: GPL-2.0-only */
/* 32-bit code, for the other files of this architecture. */
#ifndef CRIU_ARCH_X86_64_COMPAT_H
#define CRIU_ARCH_X86_64_COMPAT_H

#include <stdbool.h>
#include <stdint.h>

struct arch_code;

/* The call that restart_syscall(2) goes on with. */
bool compat_number_from_code(const struct arch_code *code, long *ret_number);

#endif
