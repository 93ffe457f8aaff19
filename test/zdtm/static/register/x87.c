// SPDX-License-Identifier: GPL-2.0-only
/* The x87 stack, its control word and the SSE control register keep their values, rounding and masks.
 *
 * flavours: host ns
 * skip-if: not-x86
 */
#include "test.h"

#ifdef __x86_64__
int main(int argc, char **argv)
{
	uint16_t control = 0x0e7f, control_now; /* round towards zero, double precision */
	uint32_t csr = 0x7f80, csr_now;		/* the same for SSE */
	double in[8], out[8];

	test_init(argc, argv);
	for (int i = 0; i < 8; i++)
		in[i] = 1.0 / (i + 3);
	test_ready();
	asm volatile("fninit\n fldcw %[control]\n ldmxcsr %[csr]\n"
		     "fldl 0(%[in])\n fldl 8(%[in])\n fldl 16(%[in])\n fldl 24(%[in])\n"
		     "fldl 32(%[in])\n fldl 40(%[in])\n fldl 48(%[in])\n fldl 56(%[in])\n"
		     "1: pause\n cmpl $0, test_stop_flag(%%rip)\n je 1b\n"
		     "fstpl 56(%[out])\n fstpl 48(%[out])\n fstpl 40(%[out])\n fstpl 32(%[out])\n"
		     "fstpl 24(%[out])\n fstpl 16(%[out])\n fstpl 8(%[out])\n fstpl 0(%[out])\n"
		     "fnstcw %[control_now]\n stmxcsr %[csr_now]\n"
		     : [control_now] "=m"(control_now), [csr_now] "=m"(csr_now)
		     : [control] "m"(control), [csr] "m"(csr), [in] "r"(in), [out] "r"(out)
		     : "memory", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)");
	for (int i = 0; i < 8; i++)
		check(in[i] == out[i], "x87 register %d was %g and is %g", i, in[i], out[i]);
	check(control_now == control, "the control word was %#x and is %#x", control, control_now);
	check(csr_now == csr, "mxcsr was %#x and is %#x", csr, csr_now);
	pass();
}
#else
int main(int argc, char **argv)
{
	skip("written for x86_64");
}
#endif
