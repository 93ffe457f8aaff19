/* SPDX-License-Identifier: LGPL-2.1-only */
/* The little of string.h that compilers call by themselves, and strlen. */
#ifndef COMPEL_BLOB_STRING_H
#define COMPEL_BLOB_STRING_H

#include <compel/blob/guard.h>
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int memcmp(const void *a, const void *b, size_t length);
size_t strlen(const char *text);

#endif
