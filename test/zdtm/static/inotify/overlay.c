// SPDX-License-Identifier: GPL-2.0-only
/* Files of an overlay, whose handles cannot be opened: they are searched for by name, also one that has moved.
 *
 * kinds: inotify
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int notify;

static void expect(int number, uint32_t mask)
{
	union {
		struct inotify_event event;
		char bytes[sizeof(struct inotify_event) + 256];
	} got;

	must(read(notify, &got, sizeof(got)));
	check(got.event.wd == number && got.event.mask == mask,
	      "event %x of watch %d instead of %x of watch %d", got.event.mask, got.event.wd, mask, number);
}

static void touch(const char *path)
{
	close((int)must(open(path, O_WRONLY | O_CREAT, 0644)));
}

int main(int argc, char **argv)
{
	int directory, lower, moved;

	test_init(argc, argv);
	must(mkdir("base", 0755));
	must(mount("zdtm", "base", "tmpfs", 0, NULL));
	must(mkdir("base/lower", 0755));
	must(mkdir("base/upper", 0755));
	must(mkdir("base/work", 0755));
	must(mkdir("base/lower/directory", 0755));
	touch("base/lower/directory/file");
	must(mkdir("merged", 0755));
	if (mount("zdtm", "merged", "overlay", 0, "lowerdir=base/lower,upperdir=base/upper,workdir=base/work") < 0)
		skip("no overlay here: %d", errno);
	notify = must(inotify_init1(IN_NONBLOCK));
	touch("merged/new");
	directory = must(inotify_add_watch(notify, "merged/directory", IN_CREATE));
	lower = must(inotify_add_watch(notify, "merged/directory/file", IN_CLOSE_NOWRITE));
	moved = must(inotify_add_watch(notify, "merged/new", IN_ATTRIB));
	must(rename("merged/new", "merged/moved"));

	test_ready();
	test_wait();

	touch("merged/directory/another");
	expect(directory, IN_CREATE);
	close((int)must(open("merged/directory/file", O_RDONLY)));
	expect(lower, IN_CLOSE_NOWRITE);
	must(chmod("merged/moved", 0600));
	expect(moved, IN_ATTRIB);
	must(umount2("merged", MNT_DETACH));
	must(umount2("base", MNT_DETACH));
	pass();
}
