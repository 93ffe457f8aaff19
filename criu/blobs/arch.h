/* SPDX-License-Identifier: GPL-2.0-only */
/* What of a blob differs from one processor to the next. */
#ifndef CRIU_BLOBS_ARCH_H
#define CRIU_BLOBS_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
#include "criu/arch/x86_64/blob.h"
#elif defined(__aarch64__)
#include "criu/arch/aarch64/blob.h"
#else
#error "criu: this architecture is not supported"
#endif

#endif
