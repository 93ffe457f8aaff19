// SPDX-License-Identifier: GPL-2.0-only
/* A tree of states that are made in more than one step: a guest in the memory of another, threads with tables and
 * directories of their own, a leader that has exited, deleted files, a fifo, timers of threads, zombies and stopped
 * tasks. Whoever can count counts his rounds in the file "counters", where the driver sees them. */
#include "test.h"

#include "counters.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The driver knows the order. */
enum counter {
	MAIN_TREE,
	GUEST,
	THREAD_TABLE,
	LEADERLESS,
	GHOST_READER,
	FIFO_READER,
	TIMER_THREAD,
	COUNTERS
};

#define GHOST_TEXT "a file without a name"
#define STACK 65536

static char guest_stack[STACK] __attribute__((aligned(16)));
static volatile uint32_t of_host, of_guest; /* in the memory that both have */

static void count(enum counter which)
{
	__atomic_add_fetch(&counters[which], 1, __ATOMIC_SEQ_CST);
}

/* The guest has the memory of main: it touches nothing of the C library. */
static int guest(void *arg)
{
	struct timespec brief = { .tv_nsec = 1000000 };

	test_leave_starter();
	while (!test_stop_flag) {
		of_guest = of_host;
		count(GUEST);
		syscall(SYS_nanosleep, &brief, NULL);
	}
	syscall(SYS_exit_group, 0);
	return 0;
}

/* A table in which number 100 is another file than that of the process, and a directory that is another, too. */
static void *thread_table(void *arg)
{
	struct stat own, again;

	must(unshare(CLONE_FILES | CLONE_FS));
	test_leave_starter();
	must(chdir("/"));
	must(dup2(must(open("/proc/self/exe", O_RDONLY)), 100));
	must(fstat(100, &own));
	while (!test_stopped()) {
		char directory[64];

		must(fstat(100, &again));
		check(own.st_ino == again.st_ino, "descriptor 100 of the thread is another");
		check(getcwd(directory, sizeof(directory)) && !strcmp(directory, "/"), "the thread is in %s",
		      directory);
		count(THREAD_TABLE);
		usleep(1000);
	}
	return NULL;
}

static void *behind_leader(void *arg)
{
	while (!test_stopped()) {
		count(LEADERLESS);
		usleep(1000);
	}
	_exit(0);
}

static void leaderless(void *arg)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, behind_leader, NULL), "no thread");
	test_ready();
	pthread_exit(NULL);
}

static int ghost;

/* Writer and reader of one deleted file, two processes with one offset each. */
static void ghost_reader(void *arg)
{
	char text[sizeof(GHOST_TEXT)];

	test_ready();
	while (!test_stopped()) {
		check(pread(ghost, text, sizeof(text), 0) == sizeof(text), "the deleted file cannot be read");
		check(!strcmp(text, GHOST_TEXT), "the deleted file has '%s'", text);
		count(GHOST_READER);
		usleep(1000);
	}
}

static void fifo_reader(void *arg)
{
	int fd = must(open("fifo", O_RDWR));
	uint32_t number = 0, got;

	must(write(fd, &number, sizeof(number)));
	test_ready();
	while (!test_stopped()) {
		got = number + 1;
		must(write(fd, &got, sizeof(got)));
		check(read(fd, &got, sizeof(got)) == sizeof(got), "the fifo: %s", strerror(errno));
		check(got == number, "the fifo has %u instead of %u", got, number);
		number++;
		count(FIFO_READER);
		usleep(500);
	}
}

static pid_t timed;

static void on_timer(int sig)
{
	check(gettid() == timed, "thread %d got the signal of %d", gettid(), timed);
	count(TIMER_THREAD);
}

static void *with_timer(void *arg)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 2 };
	struct itimerspec every = { { 0, 2000000 }, { 0, 2000000 } };
	timer_t timer;

	timed = gettid();
	event._sigev_un._tid = timed;
	must(timer_create(CLOCK_MONOTONIC, &event, &timer));
	must(timer_settime(timer, 0, &every, NULL));
	while (!test_stopped())
		usleep(1000);
	must(timer_delete(timer));
	return NULL;
}

static void timer_process(void *arg)
{
	struct sigaction action = { .sa_handler = on_timer, .sa_flags = SA_RESTART };
	pthread_t thread;

	must(sigaction(SIGRTMIN + 2, &action, NULL));
	check(!pthread_create(&thread, NULL, with_timer, NULL), "no thread");
	test_ready();
	pthread_join(thread, NULL);
}

static void idle(void *arg)
{
	test_ready();
	test_wait();
}

/* Two zombies, a stopped process. */
static void make_idle(pid_t pids[3])
{
	siginfo_t info;

	pids[0] = must(fork());
	if (!pids[0])
		_exit(5);
	pids[1] = test_child(idle, NULL);
	pids[2] = test_child(idle, NULL);
	must(kill(pids[1], SIGKILL));
	must(kill(pids[2], SIGSTOP));
	must(waitid(P_PID, pids[0], &info, WEXITED | WNOWAIT));
	must(waitid(P_PID, pids[1], &info, WEXITED | WNOWAIT));
	must(waitid(P_PID, pids[2], &info, WSTOPPED | WNOWAIT));
}

static void end_idle(const pid_t pids[3])
{
	int status;

	must(kill(pids[2], SIGKILL));
	must(waitpid(pids[0], &status, 0));
	check(WIFEXITED(status) && WEXITSTATUS(status) == 5, "the first zombie has status %x", status);
	must(waitpid(pids[1], &status, 0));
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the second zombie has status %x", status);
	must(waitpid(pids[2], &status, 0));
}

static void make_files(void)
{
	ghost = must(open("ghost", O_RDWR | O_CREAT, 0600));
	must(write(ghost, GHOST_TEXT, sizeof(GHOST_TEXT)));
	must(unlink("ghost"));
	must(mkfifo("fifo", 0600));
}

int main(int argc, char **argv)
{
	void (*const bodies[])(void *) = { leaderless, ghost_reader, fifo_reader, timer_process };
	pid_t child[ARRAY_SIZE(bodies)], idlers[3], of_memory;
	pthread_t thread;

	test_init(argc, argv);
	map_counters();
	make_files();
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		child[i] = test_child(bodies[i], NULL);
	make_idle(idlers);
	of_memory = must(clone(guest, guest_stack + STACK, CLONE_VM | SIGCHLD, NULL));
	check(!pthread_create(&thread, NULL, thread_table, NULL), "no thread");
	while (!__atomic_load_n(&counters[GUEST], __ATOMIC_SEQ_CST) ||
	       !__atomic_load_n(&counters[THREAD_TABLE], __ATOMIC_SEQ_CST))
		usleep(1000);
	test_ready();
	while (!test_stopped()) {
		uint32_t now = ++of_host;

		for (int i = 0; i < 100000 && of_guest != now && !test_stopped(); i++)
			usleep(100);
		check(of_guest == now || test_stopped(), "the guest does not see the memory of its host");
		count(MAIN_TREE);
	}
	pthread_join(thread, NULL);
	must(waitpid(of_memory, NULL, 0));
	end_idle(idlers);
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		test_end_child(child[i]);
	pass();
}
