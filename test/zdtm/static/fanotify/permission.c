// SPDX-License-Identifier: GPL-2.0-only
/* A group that decides who may open a file, and one with an event that waits: both are refused.
 *
 * refuses: decides who may open; events wait to be read
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/fanotify.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct fanotify_event_metadata event;
	int decides, waits;

	test_init(argc, argv);
	close((int)must(open("asked", O_WRONLY | O_CREAT, 0644)));
	close((int)must(open("told", O_WRONLY | O_CREAT, 0644)));
	decides = fanotify_init(FAN_CLASS_CONTENT, O_RDONLY);
	if (decides < 0 || fanotify_mark(decides, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, "asked") < 0)
		skip("fanotify cannot decide here: %d", errno);
	waits = must(fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY));
	must(fanotify_mark(waits, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "told"));
	close((int)must(open("told", O_RDONLY)));

	test_ready();
	test_wait();

	must(read(waits, &event, sizeof(event)));
	check(event.mask == FAN_OPEN, "the event has changed");
	pass();
}
