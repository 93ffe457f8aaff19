// SPDX-License-Identifier: GPL-2.0-only
/* A write barrier as of a garbage collector: memory is protected again and again, each first write to a page faults, and
 * the handler lifts the protection and notes the page. No fault is lost, no page is written unnoticed, and the handler
 * runs on its own stack.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: mappings
 */
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#define PAGES 64

static uint8_t *memory, stack[64 * 1024];
static volatile uint8_t noted[PAGES];
static volatile int faults;

static void barrier(int sig, siginfo_t *info, void *context)
{
	size_t page = ((uint8_t *)info->si_addr - memory) / TEST_PAGE;
	uint8_t local;

	check(sig == SIGSEGV && info->si_code == SEGV_ACCERR && page < PAGES, "fault %d at %p", info->si_code,
	      info->si_addr);
	check(&local >= stack && &local < stack + sizeof(stack), "the handler has another stack");
	must(mprotect(memory + page * TEST_PAGE, TEST_PAGE, PROT_READ | PROT_WRITE));
	noted[page]++;
	faults++;
}

static void round_of_writes(uint32_t number)
{
	for (int page = 0; page < PAGES; page++)
		if ((number + page) % 3)
			*(volatile uint32_t *)(memory + page * TEST_PAGE) = number;
	for (int page = 0; page < PAGES; page++) {
		bool written = *(volatile uint32_t *)(memory + page * TEST_PAGE) == number;

		check(written == !!((number + page) % 3), "page %d is %swritten in round %u", page,
		      written ? "" : "not ", number);
		check(noted[page] == written, "page %d: %d faults in round %u", page, noted[page], number);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = barrier, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

	test_init(argc, argv);
	must(sigaltstack(&alternate, NULL));
	must(sigaction(SIGSEGV, &action, NULL));
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	test_ready();
	for (uint32_t number = 1; !test_stopped(); number++) {
		must(mprotect(memory, PAGES * TEST_PAGE, PROT_READ));
		memset((void *)noted, 0, PAGES);
		faults = 0;
		round_of_writes(number);
	}
	pass();
}
