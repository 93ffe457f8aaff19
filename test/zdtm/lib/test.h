/* SPDX-License-Identifier: GPL-2.0-only */
/* What a test program uses: start, tell that the state is set up, wait to be dumped and restored, judge.
 * The way of a program: test_init(), set state up, test_ready(), test_wait(), check, pass(). */
#ifndef ZDTM_LIB_TEST_H
#define ZDTM_LIB_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define TEST_PAGE 4096UL

/* What the runner reads: the exit code, and the last line of the outfile. */
enum test_result { TEST_PASS = 0, TEST_FAIL = 1, TEST_SKIP = 77 };

/* Reads --pidfile, --outfile and --attached. Unless attached, goes on in a child that leads its own session,
 * with /dev/null as input and the outfile as output; the caller of the program returns after test_ready(). */
void test_init(int argc, char **argv);

/* The state is set up: writes the pidfile, lets the starter (or the parent, in a test_child) go on. */
void test_ready(void);

/* Sleeps until SIGTERM came; any thread may call it, any number of them. */
void test_wait(void);
bool test_stopped(void);
extern int test_stop_flag; /* for code that cannot call test_stopped() */

/* A child which runs @body(@arg) and exits 0 when that returns. Comes back when the child called test_ready(). */
pid_t test_child(void (*body)(void *arg), void *arg);

/* In a child (or thread) made by other means whose descriptor table is its own: who started the test does not wait for
 * it. Touches no memory, which may be that of the parent. */
void test_leave_starter(void);

/* Sends SIGTERM to a test_child and fails unless it exits with 0. */
void test_end_child(pid_t pid);

/* Words that do not repeat, from @seed; test_differs gives the offset of the first other byte, or -1. */
void test_fill(void *memory, size_t size, uint32_t seed);
ssize_t test_differs(const void *memory, size_t size, uint32_t seed);

/* The value of line "KEY:" of /proc/PID/FILE into @value; fails when there is none. */
void test_proc_line(pid_t pid, const char *file, const char *key, char *value, size_t size);

/* The value of line "KEY:" of /proc/self/smaps for the mapping at @address; false when it has no such line. */
bool test_mapping_line(const void *address, const char *key, char *value, size_t size);
/* Two letters of its VmFlags. */
bool test_mapping_has(const void *address, const char *flag);
/* The start and the name of that mapping, as maps has them; the name is empty when there is none. */
uintptr_t test_mapping_start(const void *address, char *name, size_t size);
/* Proportional set size of memory in KiB, over the mappings that lie in it. */
long test_proportional(const void *start, size_t size);

/* Page frame (or swap) entry of /proc/PID/pagemap, 0 for a page that is not there. */
uint64_t test_page_entry(pid_t pid, const void *address);

/* Comes back when thread @tid of this process sleeps in system call @number. */
void test_wait_blocked(pid_t tid, long number);

__attribute__((noreturn)) void test_pass(void);
__attribute__((noreturn, format(printf, 3, 4))) void test_fail(const char *file, int line, const char *format, ...);
__attribute__((noreturn, format(printf, 1, 2))) void test_skip(const char *format, ...);
long test_must(long result, const char *call, const char *file, int line);

/* A wait for a private futex with a relative time-out, made as the C library makes it: the number of the call stands
 * right before it in the code. Returns 0 or -errno. */
struct timespec;
long test_futex_wait(int *word, int value, const struct timespec *limit);

#define pass() test_pass()
#define fail(...) test_fail(__FILE__, __LINE__, __VA_ARGS__)
#define skip(...) test_skip(__VA_ARGS__)
#define check(condition, ...) ((condition) ? (void)0 : fail(__VA_ARGS__))

/* The result of a call that sets errno and returns -1 when it fails; such a failure ends the test. */
#define must(call) test_must((long)(call), #call, __FILE__, __LINE__)

#endif
