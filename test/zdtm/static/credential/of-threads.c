// SPDX-License-Identifier: GPL-2.0-only
/* A thread with other ids and capabilities than its process keeps them, and the process its own.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <linux/capability.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_barrier_t barrier;

static void *work(void *arg)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { .effective = 1 << 5, .permitted = 3 << 5 } }, now[2];

	/* The system calls themselves act on one thread only. */
	must(syscall(SYS_setresgid, 21, 22, 23));
	must(syscall(SYS_setresuid, 31, 32, 0));
	must(syscall(SYS_capset, &header, data));
	pthread_barrier_wait(&barrier);
	test_wait();
	check(getuid() == 31 && geteuid() == 32 && getgid() == 21 && getegid() == 22, "ids are %d %d %d %d",
	      getuid(), geteuid(), getgid(), getegid());
	must(syscall(SYS_capget, &header, now));
	check(now[0].effective == 1 << 5 && now[0].permitted == 3 << 5 && !now[1].permitted,
	      "capabilities: %#x %#x", now[0].effective, now[0].permitted);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	check(!getuid() && !geteuid() && !getgid() && !getegid(), "ids of the process have changed");
	pthread_join(thread, NULL);
	pass();
}
