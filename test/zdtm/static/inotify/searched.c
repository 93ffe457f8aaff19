// SPDX-License-Identifier: GPL-2.0-only
/* A watched file of an overlay whose names are hidden below another mount: nothing leads to it, and its directory has to be
 * named.
 *
 * refuses: watch 1; --irmap-scan-path
 * kinds: inotify
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	union {
		struct inotify_event event;
		char bytes[sizeof(struct inotify_event) + 256];
	} got;
	int notify, directory;

	test_init(argc, argv);
	must(mkdir("base", 0755));
	must(mount("zdtm", "base", "tmpfs", 0, NULL));
	must(mkdir("base/lower", 0755));
	must(mkdir("base/upper", 0755));
	must(mkdir("base/work", 0755));
	must(mkdir("merged", 0755));
	if (mount("zdtm", "merged", "overlay", 0, "lowerdir=base/lower,upperdir=base/upper,workdir=base/work") < 0)
		skip("no overlay here: %d", errno);
	must(mkdir("merged/directory", 0755));
	must(mkdir("merged/directory/inner", 0755));
	directory = must(open("merged/directory/inner", O_PATH | O_DIRECTORY));
	notify = must(inotify_init1(IN_NONBLOCK));
	must(inotify_add_watch(notify, "merged/directory/inner", IN_CREATE));
	must(mount("zdtm", "merged/directory", "tmpfs", 0, NULL));

	test_ready();
	test_wait();

	must(mkdirat(directory, "new", 0755));
	must(read(notify, &got, sizeof(got)));
	check(got.event.wd == 1 && got.event.mask == (IN_CREATE | IN_ISDIR), "another event: %x", got.event.mask);
	must(umount2("merged/directory", MNT_DETACH));
	must(umount2("merged", MNT_DETACH));
	must(umount2("base", MNT_DETACH));
	pass();
}
