// SPDX-License-Identifier: GPL-2.0-only
/* Threads of one process that differ in groups, bounding set, ambient set, secure bits, kept capabilities and
 * no_new_privs; each is told by the kernel as before.
 *
 * flavours: host ns
 */
#include "test.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 5

static pthread_barrier_t barrier;

static void change_groups(void)
{
	gid_t groups[] = { 7, 70, 700 };

	must(syscall(SYS_setgroups, ARRAY_SIZE(groups), groups));
}

static void change_bounding_set(void)
{
	must(prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE));
	must(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT));
}

static void change_ambient_set(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	must(syscall(SYS_capget, &header, data));
	data[0].inheritable = 1U << CAP_KILL;
	must(syscall(SYS_capset, &header, data));
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
}

static void change_secure_bits(void)
{
	must(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS));
}

static void change_new_privileges(void)
{
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void (*const changes[THREADS])(void) = { change_groups, change_bounding_set, change_ambient_set,
						change_secure_bits, change_new_privileges };

struct picture {
	char groups[256], bounding[64], ambient[64], inheritable[64], no_new_privs[16];
	int secure_bits, keep;
};

static void line(const char *key, char *text, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "task/%d/status", (int)syscall(SYS_gettid));
	test_proc_line(getpid(), path, key, text, size);
}

static void take(struct picture *ret)
{
	memset(ret, 0, sizeof(*ret));
	line("Groups", ret->groups, sizeof(ret->groups));
	line("CapBnd", ret->bounding, sizeof(ret->bounding));
	line("CapAmb", ret->ambient, sizeof(ret->ambient));
	line("CapInh", ret->inheritable, sizeof(ret->inheritable));
	line("NoNewPrivs", ret->no_new_privs, sizeof(ret->no_new_privs));
	ret->secure_bits = must(prctl(PR_GET_SECUREBITS));
	ret->keep = must(prctl(PR_GET_KEEPCAPS));
}

static void *work(void *arg)
{
	struct picture untouched, before, after;
	void (*change)(void) = changes[(long)arg];

	take(&untouched);
	change();
	take(&before);
	check(memcmp(&untouched, &before, sizeof(before)), "change %ld changes nothing", (long)arg);
	pthread_barrier_wait(&barrier);
	test_wait();
	take(&after);
	check(!memcmp(&after, &before, sizeof(before)),
	      "thread %ld: bounding %s ambient %s bits %#x nnp %s groups %s", (long)arg, after.bounding,
	      after.ambient, after.secure_bits, after.no_new_privs, after.groups);
	return NULL;
}

int main(int argc, char **argv)
{
	struct picture before, after;
	pthread_t threads[THREADS];

	test_init(argc, argv);
	take(&before);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (long i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, work, (void *)i), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	take(&after);
	check(!memcmp(&after, &before, sizeof(before)), "the first thread has changed");
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pass();
}
