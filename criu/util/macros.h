/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRIU_UTIL_MACROS_H
#define CRIU_UTIL_MACROS_H

#include <stddef.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
#define ROUND_UP(n, to) (((n) + (to)-1) / (to) * (to))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#ifndef PAGE_SIZE /* also in <sys/user.h> */
#define PAGE_SIZE 4096UL
#endif

#endif
