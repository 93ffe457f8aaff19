// SPDX-License-Identifier: GPL-2.0-only
/* Start, readiness and verdict of a test program. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char out_file[PATH_MAX];
static char pid_file[PATH_MAX];
static int ready_fd = -1;
static bool in_child;
int test_stop_flag;

static void stop_handler(int sig)
{
	int saved = errno;

	__atomic_store_n(&test_stop_flag, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &test_stop_flag, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	errno = saved;
}

static void say(const char *verdict, const char *where, const char *format, va_list args)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "%s%s", verdict, where);
	int fd;

	n += vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	fd = out_file[0] ? open(out_file, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
	if (write(fd >= 0 ? fd : STDERR_FILENO, line, n) < 0)
		_exit(TEST_FAIL);
	if (fd >= 0)
		close(fd);
}

static void say_plain(const char *verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(verdict, "", format, args);
	va_end(args);
}

void test_pass(void)
{
	if (!in_child)
		say_plain("PASS", "%s", "");
	_exit(TEST_PASS);
}

void test_fail(const char *file, int line, const char *format, ...)
{
	const char *base = strrchr(file, '/');
	char where[128];
	va_list args;

	snprintf(where, sizeof(where), "%s:%d: pid %d: ", base ? base + 1 : file, line, getpid());
	va_start(args, format);
	say("FAIL: ", where, format, args);
	va_end(args);
	_exit(TEST_FAIL);
}

void test_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("SKIP: ", "", format, args);
	va_end(args);
	_exit(TEST_SKIP);
}

long test_must(long result, const char *call, const char *file, int line)
{
	if (result == -1)
		test_fail(file, line, "%s: %s", call, strerror(errno));
	return result;
}

/* -1 when the byte of test_ready() came and its descriptor is closed, else the exit code of a process that ended. */
static int wait_for_ready(int fd, pid_t pid)
{
	bool ready = false;
	int status;
	ssize_t n;
	char byte;

	while ((n = read(fd, &byte, 1)) > 0 || (n < 0 && errno == EINTR))
		ready |= n > 0;
	close(fd);
	if (ready)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : TEST_FAIL;
}

/* The starter returns to the runner when the state is set up, or with the child's verdict if it ended early. */
static void go_to_background(void)
{
	int ready[2], status, fd;
	pid_t pid;

	must(pipe2(ready, O_CLOEXEC));
	pid = must(fork());
	if (pid) {
		close(ready[1]);
		status = wait_for_ready(ready[0], pid);
		_exit(status < 0 ? TEST_PASS : status);
	}
	close(ready[0]);
	ready_fd = must(fcntl(ready[1], F_DUPFD_CLOEXEC, 100));
	close(ready[1]);
	must(setsid());
	fd = must(open("/dev/null", O_RDONLY));
	must(dup2(fd, STDIN_FILENO));
	if (fd != STDIN_FILENO)
		close(fd);
	if (!out_file[0])
		return;
	fd = must(open(out_file, O_WRONLY | O_APPEND | O_CREAT, 0666));
	must(dup2(fd, STDOUT_FILENO));
	must(dup2(fd, STDERR_FILENO));
	close(fd);
}

void test_init(int argc, char **argv)
{
	static const struct option options[] = {
		{ "pidfile", required_argument, NULL, 'p' },
		{ "outfile", required_argument, NULL, 'o' },
		{ "attached", no_argument, NULL, 'a' },
		{},
	};
	struct sigaction stop = { .sa_handler = stop_handler, .sa_flags = SA_RESTART };
	bool attached = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == 'p')
			snprintf(pid_file, sizeof(pid_file), "%s", optarg);
		else if (option == 'o')
			snprintf(out_file, sizeof(out_file), "%s", optarg);
		else if (option == 'a')
			attached = true;
		else
			_exit(2);
	}
	if (out_file[0])
		close(must(open(out_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)));
	must(sigaction(SIGTERM, &stop, NULL));
	if (!attached)
		go_to_background();
}

static void write_pid_file(void)
{
	char name[PATH_MAX + 8];
	int fd;

	snprintf(name, sizeof(name), "%s.new", pid_file);
	fd = must(open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
	check(dprintf(fd, "%d\n", getpid()) > 0, "the pidfile is not written");
	close(fd);
	must(rename(name, pid_file));
}

void test_ready(void)
{
	if (!in_child && pid_file[0])
		write_pid_file();
	if (ready_fd >= 0) {
		must(write(ready_fd, "", 1));
		close(ready_fd);
	}
	ready_fd = -1;
}

void test_leave_starter(void)
{
	if (ready_fd >= 0)
		close(ready_fd);
}

bool test_stopped(void)
{
	return __atomic_load_n(&test_stop_flag, __ATOMIC_SEQ_CST);
}

void test_wait(void)
{
	while (!test_stopped())
		syscall(SYS_futex, &test_stop_flag, FUTEX_WAIT, 0, NULL, NULL, 0);
}

pid_t test_child(void (*body)(void *arg), void *arg)
{
	int ready[2], status;
	pid_t pid;

	must(pipe2(ready, O_CLOEXEC));
	pid = must(fork());
	if (!pid) {
		close(ready[0]);
		if (ready_fd >= 0)
			close(ready_fd);
		ready_fd = must(fcntl(ready[1], F_DUPFD_CLOEXEC, 100));
		close(ready[1]);
		in_child = true;
		body(arg);
		test_pass();
	}
	close(ready[1]);
	status = wait_for_ready(ready[0], pid);
	check(status < 0, "child %d ended with %d while it set up", pid, status);
	return pid;
}

void test_end_child(pid_t pid)
{
	int status;

	must(kill(pid, SIGTERM));
	while (waitpid(pid, &status, 0) < 0)
		check(errno == EINTR, "waiting for child %d: %s", pid, strerror(errno));
	check(WIFEXITED(status) && WEXITSTATUS(status) == TEST_PASS, "child %d ended with status %#x", pid, status);
}
