// SPDX-License-Identifier: GPL-2.0-only
/* A thread that is stopped inside a restartable sequence goes on at the abort handler of the sequence. The sequence here
 * has no other end.
 *
 * flavours: host ns
 * skip-if: not-x86
 * kinds: thread_area
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/rseq.h>
#include <unistd.h>

/* void spin_in_section(struct rseq *area, int *inside); the signature stands in front of the abort handler. */
__asm__(".pushsection .data.rel.local, \"aw\"\n"
	".balign 32\n"
	"section_descriptor: .long 0, 0\n"
	".quad section_start, section_end - section_start, section_abort\n"
	".popsection\n"
	".pushsection .text\n"
	".globl spin_in_section\n"
	"spin_in_section:\n"
	"lea section_descriptor(%rip), %rax\n"
	"mov %rax, 8(%rdi)\n"
	"section_start:\n"
	"movl $1, (%rsi)\n"
	"1: pause\n"
	"jmp 1b\n"
	"section_end:\n"
	"ud2\n"
	".byte 0x0f, 0xb9, 0x3d\n"
	".long 0x53053053\n"
	"section_abort:\n"
	"movl $0, (%rsi)\n"
	"ret\n"
	".popsection\n");

void spin_in_section(struct rseq *area, int *inside);

static long aborts;
static int inside, registered;

static void *work(void *arg)
{
	struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
	sigset_t mask;

	sigfillset(&mask);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	__atomic_store_n(&registered, __rseq_size ? 1 : -1, __ATOMIC_SEQ_CST);
	while (__rseq_size && !test_stopped()) {
		spin_in_section(area, &inside);
		__atomic_add_fetch(&aborts, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static long count(void)
{
	return __atomic_load_n(&aborts, __ATOMIC_SEQ_CST);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	long before;

	test_init(argc, argv);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	while (!__atomic_load_n(&registered, __ATOMIC_SEQ_CST))
		usleep(100);
	if (registered < 0)
		skip("the C library registers no rseq area");
	while (!__atomic_load_n(&inside, __ATOMIC_SEQ_CST))
		usleep(100);
	test_ready();
	test_wait();
	before = count();
	for (int left = 1000; count() == before && left; left--)
		usleep(10000);
	/* The thread may have seen the end already. */
	check(count() > before || pthread_tryjoin_np(thread, NULL) == 0, "the sequence is not aborted any more");
	pass();
}
