// SPDX-License-Identifier: GPL-2.0-only
/* Every register of 32-bit code that spins in user mode keeps its value: general, flags, segments, x87 and SSE.
 *
 * flavours: compat
 * kinds: compat registers
 */
#include "test.h"

#include <signal.h>
#include <string.h>

struct registers {
	uint32_t general[8], flags;
	uint16_t segments[6];
};

/* The code has no register to spare: all it needs lies where its stack pointer is. */
struct frame {
	uint8_t stack[32768];				       /* for the frame of the signal handler */
	struct registers in;				       /* 0 */
	struct registers out;				       /* 48 */
	uint32_t stop, keep, own_stack;			       /* 96, 100, 104 */
	uint8_t vectors_in[512] __attribute__((aligned(16)));  /* 112 */
	uint8_t vectors_out[512] __attribute__((aligned(16))); /* 624 */
};

_Static_assert(sizeof(struct registers) == 48 &&
		       offsetof(struct frame, vectors_in) - offsetof(struct frame, in) == 112,
	       "offsets in the code below");
static struct frame frame;
void spin_registers(struct registers *in);

asm(".text\n"
    ".type spin_registers, @function\n"
    "spin_registers:\n"
    "	pusha; pushf\n"
    "	movl 40(%esp), %eax\n"
    "	movl %esp, 104(%eax)\n"
    "	movl %eax, %esp\n"
    "	fxrstor 112(%esp)\n"
    "	movl 4(%esp), %ecx; movl 8(%esp), %edx; movl 12(%esp), %ebx; movl 20(%esp), %ebp\n"
    "	movl 24(%esp), %esi; movl 28(%esp), %edi; movl 0(%esp), %eax\n"
    "	pushl 32(%esp); popf\n"
    "1:	movl %ecx, 100(%esp)\n"
    "	movl 96(%esp), %ecx\n"
    "	jecxz 2f\n"
    "	movl 100(%esp), %ecx\n"
    "	jmp 3f\n"
    "2:	movl 100(%esp), %ecx\n"
    "	pause\n"
    "	jmp 1b\n"
    "3:	movl %eax, 48(%esp); movl %ecx, 52(%esp); movl %edx, 56(%esp); movl %ebx, 60(%esp)\n"
    "	movl %ebp, 68(%esp); movl %esi, 72(%esp); movl %edi, 76(%esp)\n"
    "	pushf; popl 80(%esp)\n"
    "	fxsave 624(%esp)\n"
    "	movw %cs, 84(%esp); movw %ds, 86(%esp); movw %es, 88(%esp)\n"
    "	movw %fs, 90(%esp); movw %gs, 92(%esp); movw %ss, 94(%esp)\n"
    "	movl 104(%esp), %esp\n"
    "	popf; popa\n"
    "	ret\n");

#define VECTORS_OFFSET 160 /* of xmm0 in the area of fxsave */
#define STACK_OFFSET 32	   /* of st0 */
#define FLAGS 0xc83	   /* carry, sign, direction, overflow */
#define FLAGS_MASK 0xcd5

static void stop(int sig)
{
	frame.stop = 1;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };

	test_init(argc, argv);
	must(sigaction(SIGTERM, &action, NULL));
	test_fill(&frame.in, sizeof(frame.in), 7);
	frame.in.flags = FLAGS;
	asm volatile("movw %%cs, %0; movw %%ds, %1; movw %%es, %2; movw %%fs, %3; movw %%gs, %4; movw %%ss, %5"
		     : "=m"(frame.in.segments[0]), "=m"(frame.in.segments[1]), "=m"(frame.in.segments[2]),
		       "=m"(frame.in.segments[3]), "=m"(frame.in.segments[4]), "=m"(frame.in.segments[5]));
	asm volatile("fninit; fldpi; fldl2e; fld1; fxsave %0" : "=m"(frame.vectors_in));
	test_fill(frame.vectors_in + VECTORS_OFFSET, 8 * 16, 8);
	test_ready();
	spin_registers(&frame.in);
	for (int i = 0; i < 8; i++)
		check(i == 4 || frame.in.general[i] == frame.out.general[i], "register %d was %#x and is %#x",
		      i, frame.in.general[i], frame.out.general[i]);
	check((frame.out.flags & FLAGS_MASK) == (FLAGS & FLAGS_MASK), "flags are %#x", frame.out.flags);
	for (int i = 0; i < 6; i++)
		check(frame.in.segments[i] == frame.out.segments[i], "segment %d was %#x and is %#x", i,
		      frame.in.segments[i], frame.out.segments[i]);
	check(!memcmp(frame.vectors_in, frame.vectors_out, 8), "x87 control and status words have changed");
	check(!memcmp(frame.vectors_in + STACK_OFFSET, frame.vectors_out + STACK_OFFSET, 3 * 16),
	      "x87 registers have changed");
	check(test_differs(frame.vectors_out + VECTORS_OFFSET, 8 * 16, 8) < 0, "xmm registers have changed");
	pass();
}
