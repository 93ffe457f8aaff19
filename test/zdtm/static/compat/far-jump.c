// SPDX-License-Identifier: GPL-2.0-only
/* A thread of a program may run code of the other size: a 32-bit program that is dumped in 64-bit code, and a 64-bit
 * one in 32-bit code, come back from there, with handlers that are still their own.
 *
 * flavours: host compat
 * skip-if: not-x86
 * kinds: compat
 */
#include "test.h"

#if defined(__x86_64__) || defined(__i386__)
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The same bytes for both: increment a counter at (%edx) until the flag at (%ecx) is set; far return.
 *	1: incl (%edx) | pause | cmpl $0, (%ecx) | je 1b | lret
 * In 64-bit code lret takes 32-bit values from the stack, too, and addresses are those of %rcx and %rdx. */
static const uint8_t spin[] = { 0xff, 0x02, 0xf3, 0x90, 0x83, 0x39, 0x00, 0x74, 0xf7, 0xcb };
/* Where 64-bit code calls from: the other code finds back to 32-bit addresses only. "lcall *(%rsi)", "ret" */
#define DATA_SEGMENT 0x2b
static const uint8_t way[] = { 0xff, 0x1e, 0xc3 };
static uint64_t own_stack __attribute__((used));
static int handled;

struct page {
	uint8_t code[32], way[32];
	int counter, flag;
	uint32_t target;
	uint16_t selector;
	uint8_t stack[32768] __attribute__((aligned(16)));
};

static void handler(int sig)
{
	handled++;
}

static struct page *page;

static void stop(int sig)
{
	page->flag = 1;
	test_stop_flag = 1;
}

/* On a stack below 4 GiB. */
static void spin_elsewhere(void)
{
	uint8_t *top = page->stack + sizeof(page->stack) - 64;

#ifdef __x86_64__
	/* 64-bit code has none. */
	asm volatile("movw %w0, %%ds" : : "r"(DATA_SEGMENT));
	asm volatile("movq %%rsp, own_stack(%%rip)\n"
		     "movq %[top], %%rsp\n"
		     "call *%[way]\n"
		     "movq own_stack(%%rip), %%rsp\n"
		     :
		     : "S"(&page->target), [way] "a"(page->way), [top] "D"(top), "c"(&page->flag), "d"(&page->counter)
		     : "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
#else
	asm volatile("lcall *(%[target])\n"
		     :
		     : [target] "S"(&page->target), "c"(&page->flag), "d"(&page->counter), "a"(top)
		     : "memory", "cc");
#endif
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	int before;

	test_init(argc, argv);
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	check(page != MAP_FAILED, "no memory");
	memcpy(page->code, spin, sizeof(spin));
	memcpy(page->way, way, sizeof(way));
	page->target = (uintptr_t)page->code;
	page->selector = sizeof(void *) == 4 ? 0x33 : 0x23;
	must(sigaction(SIGTERM, &action, NULL));
	signal(SIGUSR1, handler);
	test_ready();
	before = page->counter;
	spin_elsewhere();
	check(page->counter != before, "the other code has not run");
	raise(SIGUSR1);
	check(handled == 1, "the handler ran %d times", handled);
	pass();
}
#else
int main(int argc, char **argv)
{
	skip("written for x86");
}
#endif
