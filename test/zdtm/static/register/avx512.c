// SPDX-License-Identifier: GPL-2.0-only
/* The thirty-two AVX-512 registers and the mask registers of two threads keep their values.
 *
 * flavours: host ns
 * skip-if: not-x86 no-avx512
 */
#ifdef __x86_64__
/* Loops without touching a register until SIGTERM came. */
#define WAIT "1:	pause\n	cmpl $0, test_stop_flag(%rip)\n	je 1b\n"
#define ALL \
	"	.irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
#define MASKS "	.irp n,0,1,2,3,4,5,6,7\n"
#define SPIN                                                      \
	ALL "	vmovups 64*\\n(%rdi), %zmm\\n\n	.endr\n" MASKS    \
	    "	kmovw 2048+2*\\n(%rdi), %k\\n\n	.endr\n" WAIT ALL \
	    "	vmovups %zmm\\n, 64*\\n(%rsi)\n	.endr\n" MASKS    \
	    "	kmovw %k\\n, 2048+2*\\n(%rsi)\n	.endr\n	vzeroupper\n"
#define SIZE (32 * 64 + 8 * 2)
#include "vector.h"
#else
#include "test.h"

int main(int argc, char **argv)
{
	skip("written for x86_64");
}
#endif
