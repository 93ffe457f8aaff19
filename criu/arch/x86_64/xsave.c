// SPDX-License-Identifier: GPL-2.0-only
/* Which components of the extended state there are here, and their names. */
#include "criu/arch/x86_64/xsave.h"

#include <cpuid.h>

#include "criu/util/macros.h"

#define OSXSAVE (1U << 27)

/* Asked once: the instruction leaves a virtual machine each time. */
uint64_t xsave_enabled(void)
{
	static unsigned int ecx;
	unsigned int eax, ebx, edx;

	if (!ecx)
		__cpuid(1, eax, ebx, ecx, edx);
	if (!(ecx & OSXSAVE))
		return 0;
	__asm__ volatile("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
	return (uint64_t)edx << 32 | eax;
}

const char *xsave_name(unsigned int number)
{
	static const char *const names[] = {
		[0] = "x87",
		[1] = "sse",
		[2] = "avx",
		[3] = "mpx bounds",
		[4] = "mpx status",
		[5] = "avx512 opmask",
		[6] = "avx512 zmm upper",
		[7] = "avx512 zmm16-31",
		[8] = "pt",
		[9] = "pkru",
		[10] = "pasid",
		[11] = "cet user",
		[12] = "cet kernel",
		[17] = "amx tileconfig",
		[18] = "amx tiledata",
		[19] = "apx",
	};

	return number < ARRAY_SIZE(names) && names[number] ? names[number]
							   : "of a kind that this build does not know";
}
