// SPDX-License-Identifier: GPL-2.0-only
/* Names are searched for though handles could be opened: a directory and a file with two names in a file system of their
 * own.
 *
 * dump-options: --force-irmap
 * kinds: inotify
 */
#include "test.h"

#include <fcntl.h>
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

int main(int argc, char **argv)
{
	int root, directory, file;

	test_init(argc, argv);
	must(mkdir("memory", 0755));
	must(mount("zdtm", "memory", "tmpfs", 0, NULL));
	must(mkdir("memory/directory", 0755));
	close((int)must(open("memory/directory/file", O_WRONLY | O_CREAT, 0644)));
	must(link("memory/directory/file", "memory/other"));
	notify = must(inotify_init1(0));
	root = must(inotify_add_watch(notify, "memory", IN_CREATE));
	directory = must(inotify_add_watch(notify, "memory/directory", IN_CREATE));
	file = must(inotify_add_watch(notify, "memory/other", IN_ATTRIB));

	test_ready();
	test_wait();

	must(mkdir("memory/new", 0755));
	expect(root, IN_CREATE | IN_ISDIR);
	must(mkdir("memory/directory/new", 0755));
	expect(directory, IN_CREATE | IN_ISDIR);
	must(chmod("memory/other", 0600));
	expect(file, IN_ATTRIB);
	must(umount2("memory", MNT_DETACH));
	pass();
}
