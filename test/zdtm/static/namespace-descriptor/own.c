// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of all namespaces that the program is in: the same namespaces, usable, one description behind two numbers.
 *
 * kinds: namespace_descriptor
 */
#include "test.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *name;
	int flag;
} namespaces[] = {
	{ "cgroup", CLONE_NEWCGROUP }, { "ipc", CLONE_NEWIPC }, { "mnt", CLONE_NEWNS },
	{ "net", CLONE_NEWNET },       { "pid", CLONE_NEWPID }, { "time", 0x80 },
	{ "user", CLONE_NEWUSER },     { "uts", CLONE_NEWUTS },
};

int main(int argc, char **argv)
{
	int fds[ARRAY_SIZE(namespaces)], twin;
	char path[64];

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", namespaces[i].name);
		fds[i] = must(open(path, O_RDONLY | (i ? 0 : O_CLOEXEC)));
	}
	twin = must(dup(fds[1]));
	must(fcntl(fds[1], F_SETFL, O_NONBLOCK));
	must(fcntl(fds[2], F_SETOWN, getpid()));
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		struct stat there, here;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", namespaces[i].name);
		must(fstat(fds[i], &there));
		must(stat(path, &here));
		check(there.st_dev == here.st_dev && there.st_ino == here.st_ino, "%s is another one", path);
		check(ioctl(fds[i], NS_GET_NSTYPE) == namespaces[i].flag, "%s is of another type", path);
	}
	check(must(fcntl(twin, F_GETFL)) & O_NONBLOCK, "the twin has flags of its own");
	check(must(fcntl(fds[2], F_GETOWN)) == getpid(), "its owner is lost");
	must(setns(fds[7], CLONE_NEWUTS));
	pass();
}
