/* SPDX-License-Identifier: GPL-2.0-only */
/* How a process ended, as wait(2) tells it. */
#ifndef CRIU_UTIL_WAIT_STATUS_H
#define CRIU_UTIL_WAIT_STATUS_H

#include <stdbool.h>
#include <stdint.h>

/* Can a process end so? There are signals that end nobody. */
bool wait_status_is_end(uint32_t status);

/* Ends this process so, but for the core that it may have dumped: nobody wants one of us. @own_memory: it shares that with
 * nobody. */
void wait_status_end(uint32_t status, bool own_memory) __attribute__((noreturn));

#endif
