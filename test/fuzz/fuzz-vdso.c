// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the reader of vdso images: garbage as it is, or as changes (offset, value) of the vdso that this kernel has. */
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "criu/kernel/vdso.h"

#define SIZE 8192
#define CHANGE 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const void *own = (const void *)getauxval(AT_SYSINFO_EHDR);
	uint8_t *copy = malloc(SIZE);
	struct vdso vdso;

	vdso_parse(data, size, &vdso);
	if (own && copy) {
		memcpy(copy, own, SIZE);
		for (; size >= CHANGE; data += CHANGE, size -= CHANGE)
			copy[(data[0] << 8 | data[1]) % SIZE] = data[2];
		vdso_parse(copy, SIZE, &vdso);
	}
	free(copy);
	return 0;
}
