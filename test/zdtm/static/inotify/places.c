// SPDX-License-Identifier: GPL-2.0-only
/* A watched directory, which others move about while the program is away.
 *
 * kinds: inotify
 */
#include "test.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	union {
		struct inotify_event event;
		char bytes[sizeof(struct inotify_event) + 256];
	} got;
	int notify;

	test_init(argc, argv);
	must(mkdir("watched", 0755));
	notify = must(inotify_init1(IN_NONBLOCK));
	must(inotify_add_watch(notify, "watched", IN_CREATE));

	test_ready();
	test_wait();

	must(mkdir("watched/new", 0755));
	must(read(notify, &got, sizeof(got)));
	check(got.event.wd == 1 && got.event.mask == (IN_CREATE | IN_ISDIR), "another event: %x", got.event.mask);
	pass();
}
