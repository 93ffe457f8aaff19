// SPDX-License-Identifier: GPL-2.0-only
/* Parsers of what /proc says about one task: stat, status, limits, auxv, children, timers, cgroup, values. */
#include "test/unit/recorded.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "criu/kernel/proc/auxv.h"
#include "criu/kernel/proc/cgroup.h"
#include "criu/kernel/proc/limits.h"
#include "criu/kernel/proc/list.h"
#include "criu/kernel/proc/namespaces.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/sched.h"
#include "criu/kernel/proc/stat.h"
#include "criu/kernel/proc/status.h"
#include "criu/kernel/proc/timer-list.h"
#include "criu/kernel/proc/timers.h"
#include "criu/kernel/proc/value.h"
#include "criu/util/macros.h"

static struct proc_stat stat_of(const char *name)
{
	struct recorded file = recorded_open(name);
	struct proc_stat stat;

	assert_int_equal(proc_parse_stat(file.data, file.size, &stat), 0);
	free(file.data);
	return stat;
}

static void test_stat_with_odd_name(void **state)
{
	struct proc_stat stat = stat_of("proc/stat-odd");

	assert_int_equal(stat.pid, 20001);
	assert_string_equal(stat.comm, "a) R 1 (\nb \\)");
	assert_int_equal(stat.state, 'S');
	assert_int_equal(stat.ppid, 19935);
	assert_int_equal(stat.tpgid, -1);
	assert_int_equal(stat.num_threads, 1);
	assert_int_equal(stat.start_time, 180812);
	assert_int_equal(stat.start_code, 94269907161088);
	assert_int_equal(stat.exit_signal, 17);
	assert_int_equal(stat.env_end, 140720878194639);
	assert_int_equal(stat.exit_code, 0);
}

static void test_stat_of_zombie(void **state)
{
	struct proc_stat stat = stat_of("proc/stat-zombie");

	assert_int_equal(stat.state, 'Z');
	assert_int_equal(stat.exit_code, SIGKILL);
	assert_int_equal(stat_of("proc/stat-kernel-thread").start_code, 0);
}

/* A stat of 52 fields whose field @at is @value; all numbers else are 0. */
static int parse_with_field(int at, const char *value)
{
	struct proc_stat stat;
	char text[512];
	int length = snprintf(text, sizeof(text), "7 (x) S");

	for (int i = 4; i <= 52; i++)
		length += snprintf(text + length, sizeof(text) - (size_t)length, " %s", i == at ? value : "0");
	return proc_parse_stat(text, (size_t)length, &stat);
}

static void test_stat_bounds(void **state)
{
	struct proc_stat stat;
	const char nameless[] = "7 x S 1", endless[] = "7 (x S 1";

	assert_int_equal(parse_with_field(4, "2147483647"), 0);
	assert_int_equal(parse_with_field(4, "2147483648"), -ERANGE);
	assert_int_equal(parse_with_field(4, "-2147483648"), 0);
	assert_int_equal(parse_with_field(22, "18446744073709551615"), 0);
	assert_int_equal(parse_with_field(22, "18446744073709551616"), -ERANGE);
	assert_int_equal(parse_with_field(22, "-1"), -EINVAL);
	assert_int_equal(parse_with_field(22, "5x"), -EINVAL);
	assert_int_equal(parse_with_field(22, "0x5"), -EINVAL);
	assert_int_equal(proc_parse_stat(nameless, sizeof(nameless) - 1, &stat), -EINVAL);
	assert_int_equal(proc_parse_stat(endless, sizeof(endless) - 1, &stat), -EINVAL);
	assert_int_equal(proc_parse_stat("", 0, &stat), -EINVAL);
}

static void test_status_with_odd_name(void **state)
{
	const uint32_t groups[] = { 4, 24, 65534, 100000, 4294967294 };
	struct recorded file = recorded_open("proc/status-odd");
	struct proc_status status;

	assert_int_equal(proc_parse_status(file.data, file.size, &status), 0);
	assert_int_equal(status.state, 'S');
	assert_int_equal(status.pid, 20001);
	assert_true(status.has_umask);
	assert_int_equal(status.umask, 027);
	assert_int_equal(status.group_count, ARRAY_SIZE(groups));
	assert_memory_equal(status.groups, groups, sizeof(groups));
	assert_true(status.has_mm);
	assert_true(status.thp_enabled);
	assert_int_equal(status.untag_mask, UINT64_MAX);
	assert_int_equal(status.queued_signals_max, 96364);
	assert_int_equal(status.cap_effective, 0x1fffeffffff);
	assert_int_equal(status.uid[PROC_ID_FS], 0);
	proc_free_status(&status);
	free(file.data);
}

static void test_status_of_nested_namespaces(void **state)
{
	struct recorded file = recorded_open("proc/status-nested");
	struct proc_status status;

	assert_int_equal(proc_parse_status(file.data, file.size, &status), 0);
	assert_int_equal(status.ns_pid.count, 3);
	assert_int_equal(status.ns_pid.ids[0], 20184);
	assert_int_equal(status.ns_pid.ids[1], 2);
	assert_int_equal(status.ns_pid.ids[2], 1);
	assert_int_equal(status.ns_sid.ids[2], 0);
	proc_free_status(&status);
	free(file.data);
}

static void test_status_without_memory(void **state)
{
	static const char *const names[] = { "proc/status-zombie", "proc/status-kernel-thread" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct recorded file = recorded_open(names[i]);
		struct proc_status status;

		assert_int_equal(proc_parse_status(file.data, file.size, &status), 0);
		assert_false(status.has_mm);
		assert_int_equal(status.kernel_thread, i == 1);
		proc_free_status(&status);
		free(file.data);
	}
}

static int parse_status_line(const char *line)
{
	struct proc_status status;
	char text[4096];
	int size = snprintf(text, sizeof(text), "State:\tS (sleeping)\nTgid:\t5\nPid:\t5\n%s\n", line);
	int ret = proc_parse_status(text, (size_t)size, &status);

	if (ret == 0)
		proc_free_status(&status);
	return ret;
}

static void test_status_bounds(void **state)
{
	char levels[256] = "NSpid:\t";

	for (int i = 0; i < 33; i++)
		strcat(levels, "1\t");
	assert_int_equal(parse_status_line(levels), 0);
	strcat(levels, "1\t");
	assert_int_equal(parse_status_line(levels), -E2BIG);
	assert_int_equal(parse_status_line("NSpid:\t"), -EINVAL);
	assert_int_equal(parse_status_line("Uid:\t1\t2\t3"), -EINVAL);
	assert_int_equal(parse_status_line("Uid:\t1\t2\t3\t4294967296"), -ERANGE);
	assert_int_equal(parse_status_line("Groups:\t1 2 x"), -EINVAL);
	assert_int_equal(parse_status_line("Groups:\t1\nGroups:\t2"), -EINVAL);
	assert_int_equal(parse_status_line("SigBlk:\t10000000000000000"), -ERANGE);
	assert_int_equal(parse_status_line("SigQ:\t1"), -EINVAL);
	assert_int_equal(parse_status_line("Seccomp:\t-1"), -EINVAL);
	assert_int_equal(parse_status_line("of_the_future:\tx y z"), 0);
	assert_int_equal(parse_status_line("no key"), -EINVAL);
	assert_int_equal(parse_status_line("x86_Thread_features:\tshstk wrss "), 0);
}

static void test_limits(void **state)
{
	struct recorded file = recorded_open("proc/limits-odd");
	struct proc_limits limits;

	assert_int_equal(proc_parse_limits(file.data, file.size, &limits), 0);
	assert_int_equal(limits.items[RLIMIT_NOFILE].soft, 1000);
	assert_int_equal(limits.items[RLIMIT_STACK].soft, 8388608);
	assert_int_equal(limits.items[RLIMIT_STACK].hard, PROC_LIMIT_UNLIMITED);
	assert_int_equal(limits.items[RLIMIT_NICE].hard, 0);
	assert_int_equal(limits.items[RLIMIT_RTTIME].soft, RLIM_INFINITY);
	assert_int_equal(proc_parse_limits(file.data, file.size - 100, &limits), -EINVAL);
	memcpy(strstr(file.data, "unlimited"), "unlimitex", 9);
	assert_int_equal(proc_parse_limits(file.data, file.size, &limits), -EINVAL);
	free(file.data);
}

static void test_auxv(void **state)
{
	struct recorded file = recorded_open("proc/auxv-odd");
	struct proc_auxv auxv;
	uint64_t value;

	assert_int_equal(proc_parse_auxv(file.data, file.size, 8, &auxv), 0);
	assert_int_equal(proc_find_auxv(&auxv, 6, &value), 0); /* AT_PAGESZ */
	assert_int_equal(value, 4096);
	assert_int_equal(proc_find_auxv(&auxv, 12345, &value), -ENOENT);
	assert_int_equal(proc_parse_auxv(file.data, file.size - 1, 8, &auxv), -EINVAL);
	assert_int_equal(proc_parse_auxv(file.data, file.size, 3, &auxv), -EINVAL);
	free(file.data);
}

static void test_pids(void **state)
{
	struct proc_pids pids;
	char many[32768];
	int size = 0;

	for (int i = 1; i <= 5000; i++)
		size += snprintf(many + size, sizeof(many) - (size_t)size, "%d ", i);
	assert_int_equal(proc_parse_pids(many, (size_t)size, &pids), 0);
	assert_int_equal(pids.count, 5000);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(pids.ids[i], i + 1);
	proc_free_pids(&pids);
	assert_int_equal(proc_parse_pids("", 0, &pids), 0);
	assert_int_equal(pids.count, 0);
	assert_int_equal(proc_parse_pids("1 2x ", 5, &pids), -EINVAL);
	assert_int_equal(proc_parse_pids("99999999999 ", 12, &pids), -ERANGE);
}

static void test_timer_list(void **state)
{
	struct recorded file = recorded_open("proc/timer_list");
	struct proc_sleeps sleeps;

	assert_int_equal(proc_parse_timer_list(file.data, file.size, &sleeps), 0);
	assert_int_equal(sleeps.count, 3);
	assert_int_equal(sleeps.items[0].expires, 11893804617790);
	assert_int_equal(sleeps.items[0].left, 1188102);
	assert_int_equal(sleeps.items[2].left, 5000); /* by a clock that is ahead of the monotonic one */
	proc_free_sleeps(&sleeps);
	assert_int_equal(proc_parse_timer_list("now at x", 8, &sleeps), -EINVAL);
	assert_int_equal(proc_parse_timer_list(" # expires at 7-8 nsecs", 23, &sleeps), 0);
	assert_int_equal(sleeps.count, 0);
	proc_free_sleeps(&sleeps);
	free(file.data);
}

static void test_timers(void **state)
{
	struct recorded file = recorded_open("proc/timers");
	struct proc_timers timers;

	assert_int_equal(proc_parse_timers(file.data, file.size, &timers), 0);
	assert_int_equal(timers.count, 5);
	assert_int_equal(timers.items[0].clock, -2); /* CPU time of a thread */
	assert_int_equal(timers.items[2].notify, SIGEV_THREAD_ID);
	assert_int_equal(timers.items[2].target, 20176);
	assert_int_equal(timers.items[2].clock, CLOCK_BOOTTIME);
	assert_int_equal(timers.items[3].notify, SIGEV_NONE);
	assert_int_equal(timers.items[4].id, 0);
	assert_int_equal(timers.items[4].signal, SIGUSR1);
	assert_true(timers.items[4].value == 0xdeadbeefcafe);
	proc_free_timers(&timers);
	assert_int_equal(proc_parse_timers(file.data, file.size / 2, &timers), -EINVAL);
	assert_int_equal(proc_parse_timers("", 0, &timers), 0);
	proc_free_timers(&timers);
	free(file.data);
}

static void test_cgroups(void **state)
{
	struct recorded file = recorded_open("proc/cgroup-odd");
	struct proc_cgroups cgroups;

	assert_int_equal(proc_parse_cgroups(file.data, file.size, &cgroups), 0);
	assert_int_equal(cgroups.count, 4);
	assert_int_equal(cgroups.items[0].hierarchy, 12);
	assert_string_equal(cgroups.items[0].controllers, "cpu,cpuacct");
	assert_string_equal(cgroups.items[0].path, "/a b/c:d");
	assert_true(cgroups.items[1].deleted);
	assert_string_equal(cgroups.items[1].path, "/gone");
	assert_string_equal(cgroups.items[2].controllers, "name=systemd");
	assert_string_equal(cgroups.items[3].controllers, "");
	assert_string_equal(cgroups.items[3].path, "/../../other");
	proc_free_cgroups(&cgroups);
	assert_int_equal(proc_parse_cgroups("0:/\n", 4, &cgroups), -EINVAL);
	assert_int_equal(proc_parse_cgroups("0::x\n", 5, &cgroups), -EINVAL);
	free(file.data);
}

static void test_namespace_link(void **state)
{
	uint64_t inode;

	assert_int_equal(proc_parse_namespace("net:[4026531840]", 16, &inode), 0);
	assert_int_equal(inode, 4026531840);
	assert_int_equal(proc_parse_namespace("net:[4026531840", 15, &inode), -EINVAL);
	assert_int_equal(proc_parse_namespace("net:[]", 6, &inode), -EINVAL);
	assert_int_equal(proc_parse_namespace("[5]", 3, &inode), -EINVAL);
}

static void test_values(void **state)
{
	uint64_t number;

	assert_int_equal(proc_parse_number("-1000\n", 6, 10, -1000, 1000, &number), 0);
	assert_int_equal((int64_t)number, -1000);
	assert_int_equal(proc_parse_number("-1001\n", 6, 10, -1000, 1000, &number), -ERANGE);
	assert_int_equal(proc_parse_number("-1\n", 3, 10, 0, 1000, &number), -EINVAL);
	assert_int_equal(proc_parse_number("ffffffff", 8, 16, 0, UINT32_MAX, &number), 0);
	assert_int_equal(proc_parse_number("", 0, 10, 0, 1, &number), -ENODATA);
	assert_int_equal(proc_parse_number("1 \n", 3, 10, 0, 1, &number), -EINVAL);
}

static void test_sched(void **state)
{
	static const char good[] =
		"cat (10842, #threads: 1)\n-----\nse.exec_start   :      46403403.415284\nse.vruntime : 1.0\n"
		"nr_switches      : 15\nnr_voluntary_switches                        :                   12\n",
			  part[] = "se.exec_start : 1.415284\n",
			  coarse[] = "se.exec_start : 1.4\nnr_voluntary_switches : 1\n",
			  large[] = "se.exec_start : 18446744073710.000000\nnr_voluntary_switches : 1\n";
	struct proc_sched sched;

	assert_int_equal(proc_parse_sched(good, strlen(good), &sched), 0);
	assert_int_equal(sched.exec_start, 46403403415284);
	assert_int_equal(sched.sleeps, 12);
	assert_int_equal(proc_parse_sched(part, strlen(part), &sched), -ENODATA);
	assert_int_equal(proc_parse_sched(coarse, strlen(coarse), &sched), -EINVAL);
	assert_int_equal(proc_parse_sched(large, strlen(large), &sched), -ERANGE);
}

static void test_syscall(void **state)
{
	static const char good[] = "232 0x5 0x7ffe12345678 0x400 0xea60 0x0 0x0 0x7ffd00000008 0x7f1234567890\n",
			  cut[] = "232 0x5 0x7ffe12345678", no_call[] = "-1 0x7ffd00000008 0x7f1234567890\n";
	struct proc_syscall call;

	assert_int_equal(proc_parse_syscall(good, strlen(good), &call), 0);
	assert_int_equal(call.number, 232);
	assert_int_equal(call.arguments[3], 60000);
	assert_int_equal(call.sp, 0x7ffd00000008);
	assert_int_equal(call.ip, 0x7f1234567890);
	assert_int_equal(proc_parse_syscall(cut, strlen(cut), &call), -EINVAL);
	assert_int_equal(proc_parse_syscall(no_call, strlen(no_call), &call), -ENODATA);
	assert_int_equal(proc_parse_syscall("running\n", 8, &call), -ENODATA);
}

static void test_autogroup(void **state)
{
	static const char good[] = "/autogroup-10618 nice -7\n", cut[] = "/autogroup-1 nice",
			  other[] = "/autogroup-1 nic 3\n", low[] = "/autogroup-1 nice -21\n";
	int nice = 0;

	assert_int_equal(proc_parse_autogroup_nice(good, strlen(good), &nice), 0);
	assert_int_equal(nice, -7);
	assert_int_equal(proc_parse_autogroup_nice("", 0, &nice), -ENODATA);
	assert_int_equal(proc_parse_autogroup_nice(cut, strlen(cut), &nice), -EINVAL);
	assert_int_equal(proc_parse_autogroup_nice(other, strlen(other), &nice), -EINVAL);
	assert_int_equal(proc_parse_autogroup_nice(low, strlen(low), &nice), -ERANGE);
}

static void parse_all(const char *data, size_t size)
{
	struct proc_stat stat;
	struct proc_status status;
	struct proc_limits limits;
	struct proc_timers timers;
	struct proc_cgroups cgroups;
	struct proc_auxv auxv;

	proc_parse_stat(data, size, &stat);
	if (proc_parse_status(data, size, &status) == 0)
		proc_free_status(&status);
	proc_parse_limits(data, size, &limits);
	if (proc_parse_timers(data, size, &timers) == 0)
		proc_free_timers(&timers);
	if (proc_parse_cgroups(data, size, &cgroups) == 0)
		proc_free_cgroups(&cgroups);
	proc_parse_auxv(data, size, 8, &auxv);
}

static void test_truncated(void **state)
{
	static const char *const names[] = { "stat-odd", "status-odd", "limits-odd",
					     "timers",	 "cgroup-odd", "auxv-odd" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "proc/%s", names[i]);
		recorded_cut_everywhere(path, parse_all);
	}
}

/* The readers, on this very process. */
static void test_self(void **state)
{
	_cleanup_close_ int task = proc_open_task(getpid());
	_cleanup_proc_pids_ struct proc_pids threads = { 0 };
	_cleanup_proc_fds_ struct proc_fds fds = { 0 };
	_cleanup_free_ char *comm = NULL;
	struct proc_namespaces namespaces;
	struct proc_status status;
	struct proc_stat stat;

	assert_true(task >= 0);
	assert_int_equal(proc_read_stat(task, &stat), 0);
	assert_int_equal(stat.pid, getpid());
	assert_int_equal(stat.ppid, getppid());
	assert_int_equal(proc_read_status(task, &status), 0);
	assert_int_equal(status.uid[PROC_ID_EFFECTIVE], geteuid());
	proc_free_status(&status);
	assert_int_equal(proc_read_comm(task, &comm), 0);
	assert_string_equal(comm, stat.comm);
	assert_int_equal(proc_read_threads(task, &threads), 0);
	assert_int_equal(threads.count, 1);
	assert_int_equal(threads.ids[0], getpid());
	assert_int_equal(proc_read_fds(task, &fds), 0);
	assert_int_equal(fds.items[0].fd, 0);
	assert_int_equal(proc_read_namespaces(task, &namespaces), 0);
	assert_int_not_equal(namespaces.inodes[PROC_NS_MNT], 0);
	assert_int_equal(proc_open_task(0x7fffffff), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat_with_odd_name),
		cmocka_unit_test(test_stat_of_zombie),
		cmocka_unit_test(test_stat_bounds),
		cmocka_unit_test(test_status_with_odd_name),
		cmocka_unit_test(test_status_of_nested_namespaces),
		cmocka_unit_test(test_status_without_memory),
		cmocka_unit_test(test_status_bounds),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_auxv),
		cmocka_unit_test(test_pids),
		cmocka_unit_test(test_timer_list),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_cgroups),
		cmocka_unit_test(test_namespace_link),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_autogroup),
		cmocka_unit_test(test_sched),
		cmocka_unit_test(test_syscall),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_self),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
