// SPDX-License-Identifier: GPL-2.0-only
/* Watches on a directory, files, a symbolic link, a file system in memory, a file that has moved and one that is deleted:
 * each keeps its number and its mask, nothing is told of the restore itself, and numbers go on behind the last.
 *
 * kinds: inotify
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int notify;

static void touch(const char *path)
{
	close((int)must(open(path, O_WRONLY | O_CREAT, 0644)));
}

static char buffer[4096];
static ssize_t filled, taken;

static void expect(int number, uint32_t mask, const char *name)
{
	const struct inotify_event *event;

	if (taken == filled) {
		filled = must(read(notify, buffer, sizeof(buffer)));
		taken = 0;
	}
	event = (const struct inotify_event *)(buffer + taken);
	taken += (ssize_t)sizeof(*event) + event->len;
	check(event->wd == number && event->mask == mask, "event %x of watch %d instead of %x of watch %d",
	      event->mask, event->wd, mask, number);
	check(!strcmp(event->len ? event->name : "", name), "event of '%s' instead of '%s'", event->name, name);
}

static void expect_nothing(void)
{
	int bytes;

	must(ioctl(notify, FIONREAD, &bytes));
	check(!bytes && taken == filled, "%d bytes of events", bytes);
}

static int watch(const char *path, uint32_t mask)
{
	return (int)must(inotify_add_watch(notify, path, mask));
}

int main(int argc, char **argv)
{
	int directory, file, once, link, memory, moved, gone, fd, unused;

	test_init(argc, argv);
	notify = must(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
	must(mkdir("directory", 0755));
	must(mkdir("memory", 0755));
	must(mount("zdtm", "memory", "tmpfs", 0, NULL));
	touch("directory/file");
	touch("directory/open");
	touch("once");
	touch("memory/file");
	touch("old-name");
	touch("deleted");
	must(symlink("nowhere", "link"));
	directory = watch("directory", IN_CREATE | IN_DELETE | IN_MODIFY | IN_ATTRIB | IN_EXCL_UNLINK);
	unused = watch("directory/open", IN_OPEN);
	file = watch("directory/file", IN_MODIFY | IN_ATTRIB);
	once = watch("once", IN_ATTRIB | IN_ONESHOT);
	link = watch("link", IN_ATTRIB | IN_DONT_FOLLOW);
	memory = watch("memory", IN_CREATE | IN_ONLYDIR);
	moved = watch("old-name", IN_ATTRIB);
	fd = must(open("deleted", O_RDWR));
	gone = watch("deleted", IN_MODIFY | IN_DELETE_SELF);
	must(inotify_rm_watch(notify, unused));
	expect(unused, IN_IGNORED, "");
	must(rename("old-name", "new-name"));
	must(unlink("deleted"));
	/* It has one of its directories open, too. */
	must(open("directory/open", O_RDONLY));
	must(open("directory", O_RDONLY | O_DIRECTORY));
	expect_nothing();

	test_ready();
	test_wait();

	expect_nothing();
	must(chmod("directory/file", 0600));
	expect(directory, IN_ATTRIB, "file");
	expect(file, IN_ATTRIB, "");
	must(chmod("once", 0600));
	expect(once, IN_ATTRIB, "");
	expect(once, IN_IGNORED, "");
	must(chmod("once", 0644));
	expect_nothing();
	must(lchown("link", 0, 0));
	expect(link, IN_ATTRIB, "");
	touch("memory/new");
	expect(memory, IN_CREATE, "new");
	must(chmod("new-name", 0600));
	expect(moved, IN_ATTRIB, "");
	must(write(fd, "x", 1));
	expect(gone, IN_MODIFY, "");
	close(fd);
	expect(gone, IN_DELETE_SELF, "");
	expect(gone, IN_IGNORED, "");
	check(watch("memory/file", IN_OPEN) == gone + 1, "numbers have begun anew");
	check(fcntl(notify, F_GETFL) & O_NONBLOCK, "it blocks");
	must(umount2("memory", MNT_DETACH));
	pass();
}
