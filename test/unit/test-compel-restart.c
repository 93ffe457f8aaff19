// SPDX-License-Identifier: GPL-2.0-only
/* A system call interrupted by freezing, injecting and curing returns what and when it would have without. */
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "test/unit/compel-target.h"

struct shared {
	long result;
	int error;
	long elapsed;
	_Atomic int ready, word;
	int pipe[2];
};

#define WAIT_MS 300

static long do_nanosleep(struct shared *shared)
{
	struct timespec delay = { 0, WAIT_MS * 1000000 };

	return syscall(SYS_nanosleep, &delay, NULL);
}

static long do_clock_nanosleep(struct shared *shared)
{
	struct timespec delay = { 0, WAIT_MS * 1000000 };

	return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &delay, &delay);
}

static long do_clock_nanosleep_absolute(struct shared *shared)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += WAIT_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static long do_poll(struct shared *shared)
{
	return poll(NULL, 0, WAIT_MS);
}

static long do_poll_pipe(struct shared *shared)
{
	struct pollfd pollfd = { shared->pipe[0], POLLIN, 0 };

	return poll(&pollfd, 1, -1);
}

static long do_ppoll(struct shared *shared)
{
	struct timespec delay = { 0, WAIT_MS * 1000000 };
	sigset_t none;

	sigemptyset(&none);
	return ppoll(NULL, 0, &delay, &none);
}

static long do_select(struct shared *shared)
{
	struct timeval delay = { 0, WAIT_MS * 1000 };

	return select(0, NULL, NULL, NULL, &delay);
}

static long do_futex_timeout(struct shared *shared)
{
	struct timespec delay = { 0, WAIT_MS * 1000000 };
	long result = syscall(SYS_futex, &shared->word, FUTEX_WAIT, 0, &delay, NULL, 0);

	return result == -1 && errno == ETIMEDOUT ? 0 : 1000 + errno;
}

static long do_futex(struct shared *shared)
{
	return syscall(SYS_futex, &shared->word, FUTEX_WAIT, 0, NULL, NULL, 0) + 1;
}

static long do_read(struct shared *shared)
{
	char byte;

	return read(shared->pipe[0], &byte, 1);
}

static long do_sigtimedwait(struct shared *shared)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return sigtimedwait(&set, NULL, NULL) == SIGUSR1 ? 1 : -1;
}

static long do_epoll(struct shared *shared)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0);

	epoll_ctl(fd, EPOLL_CTL_ADD, shared->pipe[0], &event);
	return epoll_wait(fd, &event, 1, -1);
}

static long do_receive_timeout(struct shared *shared)
{
	struct timeval timeout = { 5, 0 };
	char byte;

	setsockopt(shared->pipe[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	return recv(shared->pipe[0], &byte, 1, 0);
}

static long do_wait(struct shared *shared)
{
	pid_t child = test_fork();

	if (!child) {
		sleep_ms(WAIT_MS);
		_exit(0);
	}
	return waitpid(child, NULL, 0) == child ? 0 : -1;
}

/* The mask given to sigsuspend() is in effect while it waits; after it the old one is back. */
static void on_signal(int signal)
{
}

static long do_sigsuspend(struct shared *shared)
{
	uint64_t before = own_mask();
	sigset_t none;

	signal(SIGUSR1, on_signal);
	sigemptyset(&none);
	if (sigsuspend(&none) != -1 || errno != EINTR)
		return -2;
	return own_mask() == before ? 1 : -3;
}

static long do_pause(struct shared *shared)
{
	signal(SIGUSR2, on_signal);
	return pause() == -1 && errno == EINTR ? 1 : -1;
}

enum event { TIMEOUT, BYTE, WAKE, SIGNAL_1, SIGNAL_2 };

static const struct restart_case {
	const char *name;
	long (*run)(struct shared *shared);
	enum event event;
} cases[] = {
	{ "nanosleep", do_nanosleep, TIMEOUT },
	{ "clock_nanosleep", do_clock_nanosleep, TIMEOUT },
	{ "clock_nanosleep absolute", do_clock_nanosleep_absolute, TIMEOUT },
	{ "poll with timeout", do_poll, TIMEOUT },
	{ "poll of a pipe", do_poll_pipe, BYTE },
	{ "ppoll", do_ppoll, TIMEOUT },
	{ "select", do_select, TIMEOUT },
	{ "futex with timeout", do_futex_timeout, TIMEOUT },
	{ "futex", do_futex, WAKE },
	{ "read", do_read, BYTE },
	{ "sigtimedwait", do_sigtimedwait, SIGNAL_1 },
	{ "epoll_wait", do_epoll, BYTE },
	{ "recv with SO_RCVTIMEO", do_receive_timeout, BYTE },
	{ "waitpid", do_wait, TIMEOUT },
	{ "sigsuspend", do_sigsuspend, SIGNAL_1 },
	{ "pause", do_pause, SIGNAL_2 },
};

static pid_t start(struct shared *shared, const struct restart_case *test)
{
	pid_t child;

	memset(shared, 0, sizeof(*shared));
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, shared->pipe), errno);
	child = test_fork();
	if (!child) {
		sigset_t set;
		long before;

		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigprocmask(SIG_BLOCK, &set, NULL);
		before = now_ms();
		shared->ready = 1;
		shared->result = test->run(shared);
		shared->error = errno;
		shared->elapsed = now_ms() - before;
		_exit(0);
	}
	wait_for_value(shared->ready);
	wait_for_state(child, 'S');
	sleep_ms(10);
	return child;
}

static void trigger(struct shared *shared, enum event event, pid_t child)
{
	if (event == BYTE)
		assert_int_equal(write(shared->pipe[1], "x", 1), 1);
	else if (event == WAKE)
		while (syscall(SYS_futex, &shared->word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0)
			sleep_ms(1);
	else if (event != TIMEOUT)
		kill(child, event == SIGNAL_1 ? SIGUSR1 : SIGUSR2);
}

/* @inject: foreign code runs; otherwise freezing and letting go alone. */
static void check_case(const struct restart_case *test, bool inject)
{
	struct compel_ledger *ledger = new_ledger();
	struct shared *shared = shared_page();
	pid_t child = start(shared, test);

	for (int round = 0; round < 3; round++) {
		struct compel_tree *tree;

		must(compel_seize_tree(ledger, child, NULL, &tree));
		for (unsigned int n = 0; inject && n < tree->nr_processes; n++)
			visit_process(tree->processes[n]);
		/* An event that comes while it is frozen is there when it goes on. */
		if (round == 2)
			trigger(shared, test->event == WAKE ? TIMEOUT : test->event, child);
		must(compel_release_tree(tree, COMPEL_RESUME));
		sleep_ms(10);
	}
	if (test->event == WAKE)
		trigger(shared, WAKE, child);
	assert_int_equal(waitpid(child, NULL, 0), child);
	if (shared->result != (test->event == TIMEOUT ? 0 : 1))
		fail_msg("%s: returned %ld, errno %d", test->name, shared->result, shared->error);
	if (test->event == TIMEOUT && (shared->elapsed < WAIT_MS || shared->elapsed > 10 * WAIT_MS))
		fail_msg("%s: took %ld ms, not %d", test->name, shared->elapsed, WAIT_MS);
	close(shared->pipe[0]);
	close(shared->pipe[1]);
	munmap(shared, 4096);
	compel_ledger_free(ledger);
}

static void test_restart_after_injection(void **state)
{
	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++)
		check_case(&cases[n], true);
}

static void test_restart_after_freezing(void **state)
{
	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++)
		check_case(&cases[n], false);
}

/* Worker killed while foreign code spins in the place of the system call. */
static void check_case_killed(const struct restart_case *test)
{
	struct compel_ledger *ledger = new_ledger();
	struct shared *shared = shared_page();
	pid_t child = start(shared, test), worker = test_fork();
	int status;

	if (!worker) {
		struct compel_blob blob = test_blob();
		struct compel_tree *tree;
		long value;

		if (compel_seize_tree(ledger, child, NULL, &tree) ||
		    compel_inject(tree->processes[0], &blob, 4096, 0) ||
		    compel_call(&tree->processes[0]->threads[0], BLOB_CLOBBER, 0, &value))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(worker, &status, 0), worker);
	assert_true(WIFSIGNALED(status));
	sleep_ms(20);
	assert_int_equal(compel_ledger_repair(ledger), 1);
	if (test->event == WAKE)
		sleep_ms(10);
	trigger(shared, test->event, child);
	assert_int_equal(waitpid(child, NULL, 0), child);
	if (shared->result != (test->event == TIMEOUT ? 0 : 1))
		fail_msg("%s: returned %ld, errno %d", test->name, shared->result, shared->error);
	close(shared->pipe[0]);
	close(shared->pipe[1]);
	munmap(shared, 4096);
	compel_ledger_free(ledger);
}

static void test_restart_after_repair(void **state)
{
	for (size_t n = 0; n < sizeof(cases) / sizeof(*cases); n++)
		check_case_killed(&cases[n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restart_after_injection),
		cmocka_unit_test(test_restart_after_freezing),
		cmocka_unit_test(test_restart_after_repair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
