// SPDX-License-Identifier: GPL-2.0-only
/* A user who is not root and has capabilities all the same: permitted, inheritable and ambient, and hands them on to
 * the programs it starts.
 *
 * flavours: host ns
 */
#include "test.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT (1U << CAP_NET_BIND_SERVICE | 1U << CAP_KILL)
#define AMBIENT (1U << CAP_NET_BIND_SERVICE)

static unsigned long line_of_status(const char *key)
{
	char text[64];

	test_proc_line(getpid(), "status", key, text, sizeof(text));
	return strtoul(text, NULL, 16);
}

static int effective_after_exec(void)
{
	pid_t pid = must(fork());
	int status;

	/* A program of a user has what is ambient, and nothing else. */
	if (!pid) {
		execl("/bin/sh", "sh", "-c", "grep -q '^CapEff:.*0000000000000400$' /proc/self/status", NULL);
		_exit(127);
	}
	must(waitpid(pid, &status, 0));
	return status;
}

int main(int argc, char **argv)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { KEPT, KEPT, KEPT }, { 0, 0, 0 } }, now[2];

	test_init(argc, argv);
	must(prctl(PR_SET_KEEPCAPS, 1));
	must(setresgid(1234, 1234, 1234));
	must(setresuid(1234, 1234, 1234));
	must(syscall(SYS_capset, &header, data));
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0));
	test_ready();
	test_wait();
	must(syscall(SYS_capget, &header, now));
	check(!memcmp(data, now, sizeof(data)), "effective %#x permitted %#x inheritable %#x",
	      now[0].effective, now[0].permitted, now[0].inheritable);
	check(line_of_status("CapAmb") == AMBIENT, "ambient: %#lx", line_of_status("CapAmb"));
	check(prctl(PR_GET_KEEPCAPS) == 1, "capabilities would not be kept any more");
	check(getuid() == 1234, "the user is %d", getuid());
	check(effective_after_exec() == 0, "a new program has other capabilities");
	pass();
}
