// SPDX-License-Identifier: GPL-2.0-only
/* A thread that waits for a futex is woken after the restore.
 *
 * flavours: host ns compat
 */
#define NUMBER SYS_futex
#include "blocked.h"

#include <limits.h>
#include <linux/futex.h>

static int word;

static void prepare(void)
{
}

static void block(void)
{
	long result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);

	check(!result || errno == EAGAIN, "futex: %s", strerror(errno));
	check(word, "woken before the word has changed");
}

static void unblock(void)
{
	__atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
