/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls of our blobs: as many arguments as a call has, -errno on failure. */
#ifndef CRIU_BLOBS_CALLS_H
#define CRIU_BLOBS_CALLS_H

#include <compel/blob/syscall.h>

#define CALL_FILLED(number, a, b, c, d, e, f, ...) \
	compel_syscall6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define call(number, ...) CALL_FILLED(number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

#endif
