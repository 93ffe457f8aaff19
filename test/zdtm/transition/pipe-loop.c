// SPDX-License-Identifier: GPL-2.0-only
/* Two processes pass numbered blocks round a ring of pipes at full speed; none is lost, doubled or torn.
 *
 * flavours: host ns uns
 */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SIZE 3000

static int there[2], back[2];

static bool transfer(int fd, uint8_t *block, bool writing)
{
	for (size_t done = 0; done < SIZE;) {
		ssize_t n = writing ? write(fd, block + done, SIZE - done) : read(fd, block + done, SIZE - done);

		if (!n && !writing && !done)
			return false;
		check(n > 0, "%s: %s after %zu bytes", writing ? "write" : "read", strerror(errno), done);
		done += n;
	}
	return true;
}

static void echo(void *arg)
{
	uint8_t block[SIZE];

	close(there[1]);
	close(back[0]);
	test_ready();
	while (transfer(there[0], block, false))
		transfer(back[1], block, true);
}

int main(int argc, char **argv)
{
	uint8_t block[SIZE];
	uint32_t number = 0;
	pid_t pid;

	test_init(argc, argv);
	must(pipe(there));
	must(pipe(back));
	pid = test_child(echo, NULL);
	close(there[0]);
	close(back[1]);
	test_ready();
	while (!test_stopped()) {
		test_fill(block, SIZE, number);
		transfer(there[1], block, true);
		memset(block, 0, SIZE);
		check(transfer(back[0], block, false), "the child has ended");
		check(test_differs(block, SIZE, number) < 0, "block %u comes back torn", number);
		number++;
	}
	close(there[1]);
	test_end_child(pid);
	pass();
}
