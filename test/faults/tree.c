// SPDX-License-Identifier: GPL-2.0-only
/* A tree that notices any harm: a process with four threads, and three children. Each of them checks registers, mask,
 * memory or blocking calls over and over and counts its rounds in the file "counters", where the driver sees them. */
#include "test.h"

#include "counters.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The driver knows the order. */
enum counter {
	MAIN_MASK,
	THREAD_REGISTERS,
	THREAD_CALLS,
	THREAD_MEMORY,
	CHILD_REGISTERS,
	CHILD_READ,
	CHILD_ALARM,
	COUNTERS
};

static void count(enum counter which)
{
	__atomic_add_fetch(&counters[which], 1, __ATOMIC_SEQ_CST);
}

#ifdef __x86_64__
/* Loads all registers that hold data from (%rdi), spins, stores them to (%rsi): 13 general ones, 16 vectors. */
void spin_registers(const void *in, void *out);
asm(".text\n.type spin_registers, @function\nspin_registers:\n"
    "	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "	.irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n	movups 16*\\n(%rdi), %xmm\\n\n	.endr\n"
    "	mov 256(%rdi), %rax; mov 264(%rdi), %rbx; mov 272(%rdi), %rdx; mov 280(%rdi), %rbp\n"
    "	.irp n,8,9,10,11,12,13,14,15\n	mov 224+8*\\n(%rdi), %r\\n\n	.endr\n"
    "	mov $100000, %ecx\n"
    "1:	dec %ecx\n	jnz 1b\n"
    "	.irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n	movups %xmm\\n, 16*\\n(%rsi)\n	.endr\n"
    "	mov %rax, 256(%rsi); mov %rbx, 264(%rsi); mov %rdx, 272(%rsi); mov %rbp, 280(%rsi)\n"
    "	.irp n,8,9,10,11,12,13,14,15\n	mov %r\\n, 224+8*\\n(%rsi)\n	.endr\n"
    "	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "	ret\n");
#elif defined(__i386__)
/* The same with 6 general registers and 8 vectors; the rest is copied. */
void spin_registers_32(const void *in, void *out);
asm(".text\n.type spin_registers_32, @function\nspin_registers_32:\n"
    "	push %ebx; push %ebp; push %esi; push %edi\n"
    "	mov 20(%esp), %edi\n"
    "	.irp n,0,1,2,3,4,5,6,7\n	movups 16*\\n(%edi), %xmm\\n\n	.endr\n"
    "	mov 256(%edi), %eax; mov 260(%edi), %ebx; mov 264(%edi), %edx; mov 268(%edi), %ebp\n"
    "	mov 272(%edi), %esi; mov 276(%edi), %edi\n"
    "	mov $100000, %ecx\n"
    "1:	dec %ecx\n	jnz 1b\n"
    "	push %edi\n"
    "	mov 28(%esp), %edi\n"
    "	pop 276(%edi)\n"
    "	.irp n,0,1,2,3,4,5,6,7\n	movups %xmm\\n, 16*\\n(%edi)\n	.endr\n"
    "	mov %eax, 256(%edi); mov %ebx, 260(%edi); mov %edx, 264(%edi); mov %ebp, 268(%edi); mov %esi, 272(%edi)\n"
    "	pop %edi; pop %esi; pop %ebp; pop %ebx\n"
    "	ret\n");

static void spin_registers(const void *in, void *out)
{
	memcpy(out, in, 352);
	memset(out, 0, 128);
	memset((char *)out + 256, 0, 24);
	spin_registers_32(in, out);
}
#else
static void spin_registers(const void *in, void *out)
{
	memcpy(out, in, 352);
}
#endif

static void check_registers(enum counter which)
{
	uint8_t in[352], out[352];
	uint32_t seed = which * 1000000;

	while (!test_stopped()) {
		test_fill(in, sizeof(in), ++seed);
		spin_registers(in, out);
		check(!memcmp(in, out, sizeof(in)), "a register has changed in round %u", seed);
		count(which);
		usleep(500);
	}
}

static void *thread_registers(void *arg)
{
	check_registers(THREAD_REGISTERS);
	return NULL;
}

/* Calls that wait, each in its own way of being restarted; none may report an interruption. */
static void *thread_calls(void *arg)
{
	struct timespec brief = { .tv_nsec = 3000000 };
	int word = 0, error;

	while (!test_stopped()) {
		error = clock_nanosleep(CLOCK_MONOTONIC, 0, &brief, NULL);
		check(!error, "clock_nanosleep: %s", strerror(error));
		check(poll(NULL, 0, 3) == 0, "poll: %s", strerror(errno));
		error = test_futex_wait(&word, 0, &brief);
		check(error == -ETIMEDOUT, "futex: %s", strerror(-error));
		count(THREAD_CALLS);
	}
	return NULL;
}

static void *thread_memory(void *arg)
{
	uint8_t *memory = mmap(NULL, 64 * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t seed = 0;

	check(memory != MAP_FAILED, "no memory");
	while (!test_stopped()) {
		test_fill(memory, 64 * TEST_PAGE, ++seed);
		usleep(1000);
		check(test_differs(memory, 64 * TEST_PAGE, seed) < 0, "memory has changed in round %u", seed);
		count(THREAD_MEMORY);
	}
	return NULL;
}

static int question[2], answer[2];

/* Only main and child_read hold the pipes, so that they end when one of them does. */
static void close_pipes(void)
{
	for (int i = 0; i < 2; i++) {
		close(question[i]);
		close(answer[i]);
	}
}

static void child_registers(void *arg)
{
	close_pipes();
	test_ready();
	check_registers(CHILD_REGISTERS);
}

/* Sleeps in read most of the time; the parent asks now and then. */
static void child_read(void *arg)
{
	uint32_t number, expected = 0;
	ssize_t n;

	close(question[1]);
	close(answer[0]);
	test_ready();
	while ((n = read(question[0], &number, sizeof(number)))) {
		check(n == sizeof(number), "read: %s", strerror(errno));
		check(number == expected, "question %u instead of %u", number, expected);
		must(write(answer[1], &number, sizeof(number)));
		expected++;
		count(CHILD_READ);
	}
}

static volatile sig_atomic_t alarms;

static void alarm_handler(int sig)
{
	alarms++;
}

/* Its timer fires all the time, so signals arrive at every moment of a dump. */
static void child_alarm(void *arg)
{
	struct sigaction action = { .sa_handler = alarm_handler, .sa_flags = SA_RESTART };
	struct itimerval every = { { 0, 2000 }, { 0, 2000 } };
	sigset_t mask;

	close_pipes();
	must(sigaction(SIGALRM, &action, NULL));
	must(setitimer(ITIMER_REAL, &every, NULL));
	test_ready();
	while (!test_stopped()) {
		int before = alarms;

		while (alarms == before && !test_stopped())
			usleep(500);
		must(sigprocmask(SIG_BLOCK, NULL, &mask));
		check(!sigismember(&mask, SIGALRM) && !sigismember(&mask, SIGUSR1), "the signal mask has changed");
		count(CHILD_ALARM);
	}
}

static void ask(uint32_t number)
{
	uint32_t got;

	must(write(question[1], &number, sizeof(number)));
	check(read(answer[0], &got, sizeof(got)) == sizeof(got), "read of the answer: %s", strerror(errno));
	check(got == number, "answer %u instead of %u", got, number);
}

static void check_mask(const sigset_t *expected)
{
	sigset_t now;

	must(sigprocmask(SIG_BLOCK, NULL, &now));
	for (int sig = 1; sig <= 64; sig++)
		check(sigismember(&now, sig) == sigismember(expected, sig), "bit of signal %d has changed", sig);
}

int main(int argc, char **argv)
{
	void *(*const threads[])(void *) = { thread_registers, thread_calls, thread_memory };
	pthread_t thread[ARRAY_SIZE(threads)];
	uint32_t number = 0;
	sigset_t mask;
	pid_t child[3];

	test_init(argc, argv);
	map_counters();
	must(pipe(question));
	must(pipe(answer));
	child[0] = test_child(child_registers, NULL);
	child[1] = test_child(child_read, NULL);
	child[2] = test_child(child_alarm, NULL);
	close(question[0]);
	close(answer[1]);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		check(!pthread_create(&thread[i], NULL, threads[i], NULL), "no thread");
	sigemptyset(&mask);
	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig += 3)
		sigaddset(&mask, sig);
	must(sigprocmask(SIG_SETMASK, &mask, NULL));
	test_ready();
	while (!test_stopped()) {
		check_mask(&mask);
		ask(number++);
		count(MAIN_MASK);
		usleep(2000);
	}
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(thread[i], NULL);
	close(question[1]);
	for (int i = 0; i < 3; i++)
		test_end_child(child[i]);
	pass();
}
