// SPDX-License-Identifier: GPL-2.0-only
/* Marks on a directory, a file, a deleted file, a mount and a file system, with what is ignored, in groups that report
 * files open and by their names: /proc tells the same of them, and they see what they saw.
 *
 * kinds: fanotify
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINES 16

struct group {
	int fd;
	size_t nr;
	char lines[LINES][256];
};

static int compare(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* The inode of a deleted file is a new one. */
static void list(struct group *group)
{
	char path[64];
	FILE *file;

	group->nr = 0;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", group->fd);
	file = fopen(path, "r");
	check(file, "no fdinfo");
	while (group->nr < LINES && fgets(group->lines[group->nr], sizeof(group->lines[0]), file)) {
		char *line = group->lines[group->nr], *mask = strstr(line, "mflags");

		if (strncmp(line, "fanotify", 8))
			continue;
		if (strstr(line, " mask:2 ") && mask)
			memmove(line + 8, mask, strlen(mask) + 1);
		if (strstr(line, "fhandle") && !strstr(line, "ino:"))
			*strstr(line, "fhandle") = '\0';
		group->nr++;
	}
	fclose(file);
	qsort(group->lines, group->nr, sizeof(group->lines[0]), compare);
}

static void mark(const struct group *group, unsigned int flags, uint64_t mask, const char *path)
{
	int ret = fanotify_mark(group->fd, FAN_MARK_ADD | flags, mask, AT_FDCWD, path);

	if (ret < 0 && errno == ENODEV && flags & FAN_MARK_FILESYSTEM)
		skip("tmpfs has no number by which events could name it (before Linux 5.13)");
	must(ret);
}

static void expect(const struct group *group, uint64_t mask)
{
	char buffer[4096];
	struct fanotify_event_metadata *event = (struct fanotify_event_metadata *)buffer;

	must(read(group->fd, buffer, sizeof(buffer)));
	check(event->mask == mask, "event %llx instead of %llx", (unsigned long long)event->mask,
	      (unsigned long long)mask);
	if (event->fd >= 0)
		close(event->fd);
}

static void expect_nothing(const struct group *group)
{
	char buffer[256];

	check(read(group->fd, buffer, sizeof(buffer)) < 0 && errno == EAGAIN, "an event out of nothing");
}

static void touch(const char *path)
{
	close((int)must(open(path, O_WRONLY | O_CREAT, 0644)));
}

static void new_group(struct group *group, unsigned int flags)
{
	group->fd = fanotify_init(flags | FAN_NONBLOCK, O_RDONLY | O_LARGEFILE);
	if (group->fd < 0 && (errno == EINVAL || errno == EPERM || errno == ENOSYS))
		skip("no fanotify with flags %x here", flags);
	must(group->fd);
}

int main(int argc, char **argv)
{
	static struct group files, names, before;
	int gone;

	test_init(argc, argv);
	must(mkdir("memory", 0755));
	must(mkdir("directory", 0755));
	must(mount("zdtm", "memory", "tmpfs", 0, NULL));
	touch("directory/file");
	touch("directory/quiet");
	touch("deleted");
	new_group(&files, FAN_CLASS_NOTIF | FAN_UNLIMITED_QUEUE);
	new_group(&names, FAN_REPORT_DFID_NAME | FAN_CLOEXEC);
	gone = must(open("deleted", O_RDWR));
	mark(&files, 0, FAN_MODIFY, "deleted");
	must(unlink("deleted"));
	mark(&files, 0, FAN_OPEN | FAN_EVENT_ON_CHILD, "directory");
	mark(&files, FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY, FAN_OPEN, "directory/quiet");
	mark(&files, FAN_MARK_MOUNT, FAN_CLOSE_WRITE, "memory");
	mark(&names, 0, FAN_CREATE | FAN_DELETE | FAN_ONDIR, "directory");
	mark(&names, FAN_MARK_FILESYSTEM, FAN_ATTRIB, "memory");
	list(&files);
	check(files.nr == 5, "%zu lines", files.nr);

	test_ready();
	test_wait();

	expect_nothing(&files);
	expect_nothing(&names);
	before = files;
	list(&files);
	check(files.nr == before.nr, "%zu lines instead of %zu", files.nr, before.nr);
	for (size_t i = 0; i < files.nr; i++)
		check(!strcmp(files.lines[i], before.lines[i]), "'%s' instead of '%s'", files.lines[i],
		      before.lines[i]);
	close((int)must(open("directory/quiet", O_RDONLY)));
	expect_nothing(&files);
	close((int)must(open("directory/file", O_RDONLY)));
	expect(&files, FAN_OPEN);
	must(write(gone, "x", 1));
	expect(&files, FAN_MODIFY);
	expect_nothing(&names);
	must(mkdir("directory/new", 0755));
	expect(&names, FAN_CREATE | FAN_ONDIR);
	touch("memory/file");
	expect(&files, FAN_CLOSE_WRITE);
	must(chmod("memory/file", 0600));
	expect(&names, FAN_ATTRIB);
	check(!(fcntl(files.fd, F_GETFD) & FD_CLOEXEC) && fcntl(names.fd, F_GETFD) & FD_CLOEXEC, "flags are lost");
	must(umount2("memory", MNT_DETACH));
	pass();
}
