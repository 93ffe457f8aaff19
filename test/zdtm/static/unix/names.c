// SPDX-License-Identifier: GPL-2.0-only
/* Names of all sorts: relative ones whose directory was left or removed, one that another socket has taken over, as long as
 * can be, through a symbolic link, abstract ones with NULs, without any and of full length, chosen by the kernel; each with
 * mode and owner of its file, and in the hands of who connects or sends.
 */
#include "test.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LONGEST sizeof(((struct sockaddr_un *)0)->sun_path)
#define NR 40

struct name {
	char bytes[sizeof(struct sockaddr_un) + 10];
	socklen_t size;
	struct stat stat;
	const char *seen_at; /* where its file is to be found */
};

static struct named {
	int fd;
	struct name before;
} all[NR];
static size_t nr;

static int bind_at(int type, const void *bytes, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = must(socket(AF_UNIX, type, 0));

	memcpy(address.sun_path, bytes, size);
	must(bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)));
	return fd;
}

static void look(int fd, const char *seen_at, struct name *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->size = sizeof(ret->bytes);
	must(getsockname(fd, (struct sockaddr *)ret->bytes, &ret->size));
	ret->seen_at = seen_at;
	if (seen_at)
		must(stat(seen_at, &ret->stat));
}

static int add(int fd, const char *seen_at)
{
	check(nr < NR, "too many");
	all[nr].fd = fd;
	if (seen_at)
		must(chmod(seen_at, 0640 + (mode_t)nr % 8));
	if (seen_at)
		must(chown(seen_at, (uid_t)(100 + nr), (gid_t)(200 + nr)));
	look(fd, seen_at, &all[nr].before);
	nr++;
	return fd;
}

static int add_path(int type, const char *path, const char *seen_at)
{
	return add(bind_at(type, path, strlen(path) + 1), seen_at);
}

static void make_all(int type, const char *top)
{
	static char longest[LONGEST + 1], longer[LONGEST + 1];
	char full[LONGEST];
	int fd;

	must(mkdir(top, 0755));
	must(chdir(top));
	must(mkdir("left", 0755));
	must(mkdir("gone", 0755));
	must(mkdir("short", 0755));
	must(symlink("short", "link"));
	/* relative, and the directory is another one now */
	must(chdir("left"));
	fd = bind_at(type, "relative", 9);
	must(chdir(".."));
	add(fd, "left/relative");
	add_path(type, "./left/dots", "left/dots");
	add_path(type, "link/through", "short/through");
	/* the directory is gone */
	must(chdir("gone"));
	fd = bind_at(type, "relative", 9);
	must(unlink("relative"));
	must(chdir(".."));
	must(rmdir("gone"));
	add(fd, NULL);
	/* one after the other */
	fd = bind_at(type, "taken", 6);
	must(unlink("taken"));
	add(fd, NULL);
	add_path(type, "taken", "taken");
	fd = bind_at(type, "closed", 7);
	must(unlink("closed"));
	must(close(bind_at(type, "closed", 7)));
	add(fd, NULL);
	must(unlink("closed"));
	/* as long as can be, with and without an end */
	memset(longest, 'n', LONGEST);
	memset(longer, 'n', LONGEST);
	longest[LONGEST - 1] = '\0';
	add(bind_at(type, longest, LONGEST), longest);
	add(bind_at(type, longer, LONGEST), longer);
	/* abstract */
	memset(full, 'f', sizeof(full));
	full[0] = '\0';
	full[1] = type == SOCK_DGRAM ? 'd' : type == SOCK_STREAM ? 's' : 'p';
	full[2] = top[0];
	full[50] = full[107] = '\0';
	add(bind_at(type, full, sizeof(full)), NULL);
	add(bind_at(type, full, 3), NULL);
	add(bind_at(type, "", 0), NULL);
	must(chdir(".."));
}

/* Who sends from there is known by that name. */
static void check_sender(const struct named *one)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char got[10], from[sizeof(struct sockaddr_un) + 10];
	socklen_t size = sizeof(from);
	int receiver = must(socket(AF_UNIX, SOCK_DGRAM, 0));

	must(bind(receiver, (struct sockaddr *)&address, sizeof(address.sun_family)));
	size = sizeof(address);
	must(getsockname(receiver, (struct sockaddr *)&address, &size));
	must(sendto(one->fd, "x", 1, 0, (struct sockaddr *)&address, size));
	size = sizeof(from);
	must(recvfrom(receiver, got, sizeof(got), 0, (struct sockaddr *)from, &size));
	check(size == one->before.size, "a sender has a name of %u bytes", size);
	must(close(receiver));
}

int main(int argc, char **argv)
{
	static const char *const tops[] = { "d", "s", "p" };
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM, SOCK_SEQPACKET };
	size_t of_type;

	test_init(argc, argv);
	for (int i = 0; i < 3; i++)
		make_all(types[i], tops[i]);
	of_type = nr / 3;

	test_ready();
	test_wait();

	for (size_t i = 0; i < nr; i++) {
		const struct named *one = &all[i];
		struct name now;

		must(chdir(tops[i / of_type]));
		look(one->fd, one->before.seen_at, &now);
		check(now.size == one->before.size && !memcmp(now.bytes, one->before.bytes, sizeof(now.bytes)),
		      "name %zu of type %zu is of %u bytes ('%s')", i % of_type, i / of_type, now.size,
		      now.bytes + 2);
		if (now.seen_at)
			check(now.stat.st_mode == one->before.stat.st_mode &&
				      now.stat.st_uid == one->before.stat.st_uid &&
				      now.stat.st_gid == one->before.stat.st_gid,
			      "'%s' has mode %o, owner %u", now.seen_at, now.stat.st_mode, now.stat.st_uid);
		if (i < of_type)
			check_sender(one);
		must(chdir(".."));
	}
	check(access("s/closed", F_OK) < 0 && access("s/gone", F_OK) < 0, "what was removed is there again");
	pass();
}
