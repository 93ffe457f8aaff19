/* SPDX-License-Identifier: GPL-2.0-only */
/* The build id of an ELF file: which build of a program or library it is. */
#ifndef CRIU_UTIL_BUILD_ID_H
#define CRIU_UTIL_BUILD_ID_H

#include <stddef.h>
#include <stdint.h>

#define BUILD_ID_MAX 64

/* Returns its length, 0 when @fd is no ELF file or has none, or -errno. */
int build_id_read(int fd, uint8_t ret_id[BUILD_ID_MAX]);
/* The same in the @size bytes of a note segment. Returns its length or 0. */
int build_id_find(const uint8_t *notes, size_t size, uint8_t ret_id[BUILD_ID_MAX]);

#endif
