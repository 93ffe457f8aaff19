// SPDX-License-Identifier: GPL-2.0-only
/* The reader of sock_diag answers, on a recorded one (a connected pair with six bytes queued, a listener with a
 * connection that waits, a datagram socket with a path) and on damaged ones. */
#include "test/unit/recorded.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include "criu/kernel/diag.h"

struct counts {
	unsigned int messages, listening, waiting, paths;
	uint32_t queued;
};

static int count(void *context, const void *data, size_t size)
{
	struct counts *counts = context;
	struct unix_diag_msg message;
	struct unix_diag_rqlen queue;
	const void *found;
	size_t bytes = 0;

	if (size < sizeof(message))
		return -EBADMSG;
	memcpy(&message, data, sizeof(message));
	assert_int_equal(message.udiag_family, AF_UNIX);
	counts->messages++;
	counts->listening += message.udiag_state == 10;
	found = diag_attribute(data, size, sizeof(message), UNIX_DIAG_RQLEN, sizeof(queue), NULL);
	assert_non_null(found);
	memcpy(&queue, found, sizeof(queue));
	if (message.udiag_state == 1 && message.udiag_type == SOCK_STREAM)
		counts->queued += queue.udiag_rqueue;
	if (diag_attribute(data, size, sizeof(message), UNIX_DIAG_ICONS, 4, &bytes))
		counts->waiting += bytes / 4;
	counts->paths += diag_attribute(data, size, sizeof(message), UNIX_DIAG_VFS, 8, NULL) != NULL;
	assert_null(diag_attribute(data, size, sizeof(message), 200, 0, NULL));
	return 0;
}

static void test_recorded(void **state)
{
	struct recorded file = recorded_open("diag/unix");
	struct counts counts = { 0 };

	assert_int_equal(diag_parse(file.data, file.size, count, &counts), 0);
	assert_int_equal(counts.messages, 5);
	assert_int_equal(counts.listening, 1);
	assert_int_equal(counts.waiting, 1);
	assert_int_equal(counts.paths, 1);
	assert_int_equal(counts.queued, 6);
	free(file.data);
}

/* However it is cut, it is read to that place and no further. */
static void test_cut(void **state)
{
	struct recorded file = recorded_open("diag/unix");

	for (size_t size = 0; size < file.size; size++) {
		struct counts counts = { 0 };
		char *copy = malloc(size + 1);
		int ret;

		memcpy(copy, file.data, size);
		ret = diag_parse(copy, size, count, &counts);
		assert_true(ret == 1 || ret == -EBADMSG);
		free(copy);
	}
	free(file.data);
}

static int parse_error(uint16_t type, int error)
{
	struct {
		struct nlmsghdr head;
		int error;
	} answer = { { .nlmsg_len = sizeof(answer), .nlmsg_type = type }, error };

	return diag_parse(&answer, sizeof(answer), count, NULL);
}

static void test_errors(void **state)
{
	assert_int_equal(parse_error(NLMSG_ERROR, -ENOENT), -ENOENT);
	assert_int_equal(parse_error(NLMSG_DONE, -ENOENT), -ENOENT);
	assert_int_equal(parse_error(NLMSG_DONE, 0), 0);
	assert_int_equal(parse_error(NLMSG_NOOP, 5), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
