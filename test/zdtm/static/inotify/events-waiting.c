// SPDX-License-Identifier: GPL-2.0-only
/* Events that nobody has read yet cannot be kept, nor looked at: they stay where they are.
 *
 * refuses: events wait to be read; inotify
 */
#include "test.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	union {
		struct inotify_event event;
		char bytes[sizeof(struct inotify_event) + 256];
	} got;
	int notify, number;

	test_init(argc, argv);
	notify = must(inotify_init1(IN_NONBLOCK));
	number = must(inotify_add_watch(notify, ".", IN_CREATE));
	must(open("file", O_RDWR | O_CREAT, 0644));

	test_ready();
	test_wait();

	must(read(notify, &got, sizeof(got)));
	check(got.event.wd == number && got.event.mask == IN_CREATE, "the event has changed");
	pass();
}
