// SPDX-License-Identifier: GPL-2.0-only
/* The sixteen AVX registers of two threads keep their values, upper halves too.
 *
 * flavours: host ns
 * skip-if: not-x86 no-avx
 */
#ifdef __x86_64__
/* Loops without touching a register until SIGTERM came. */
#define WAIT "1:	pause\n	cmpl $0, test_stop_flag(%rip)\n	je 1b\n"
#define ALL "	.irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
#define SPIN                                                      \
	ALL "	vmovups 32*\\n(%rdi), %ymm\\n\n	.endr\n" WAIT ALL \
	    "	vmovups %ymm\\n, 32*\\n(%rsi)\n	.endr\n	vzeroupper\n"
#define SIZE (16 * 32)
#include "vector.h"
#else
#include "test.h"

int main(int argc, char **argv)
{
	skip("written for x86_64");
}
#endif
