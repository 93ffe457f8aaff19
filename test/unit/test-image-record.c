// SPDX-License-Identifier: GPL-2.0-only
// What the bounded decoder takes and what it refuses, on messages written by hand.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cgroup.pb-c.h"
#include "criu/image/record.h"
#include "fdinfo.pb-c.h"
#include "pstree.pb-c.h"
#include "sk-opts.pb-c.h"
#include "utsns.pb-c.h"

#define CHECK(descriptor, ...)                                     \
	({                                                         \
		const uint8_t bytes_[] = { __VA_ARGS__ };          \
		record_check(&descriptor, bytes_, sizeof(bytes_)); \
	})

/* pid 1, ppid 0, pgid 1, sid 1 */
#define PSTREE_REQUIRED 0x08, 1, 0x10, 0, 0x18, 1, 0x20, 1

static void required_fields_must_be_there(void **state)
{
	assert_int_equal(CHECK(pstree_entry__descriptor, PSTREE_REQUIRED), 0);
	assert_int_equal(CHECK(pstree_entry__descriptor, 0x08, 1, 0x10, 0, 0x18, 1), -EBADMSG);
	assert_int_equal(record_check(&pstree_entry__descriptor, NULL, 0), -EBADMSG);
}

static void packed_and_single_elements_are_the_same(void **state)
{
	static const uint8_t packed[] = { PSTREE_REQUIRED, 0x2a, 4, 1, 2, 0xac, 2, 0x28, 9 };
	ProtobufCMessage *message;
	PstreeEntry *entry;

	assert_int_equal(record_unpack(&pstree_entry__descriptor, packed, sizeof(packed), &message), 0);
	entry = (PstreeEntry *)message;
	assert_int_equal(entry->n_threads, 4);
	assert_memory_equal(entry->threads, ((uint32_t[]){ 1, 2, 300, 9 }), 16);
	protobuf_c_message_free_unpacked(message, NULL);
}

static void packed_elements_must_be_whole(void **state)
{
	assert_int_equal(CHECK(pstree_entry__descriptor, PSTREE_REQUIRED, 0x2a, 2, 1, 0x80), -EBADMSG);
	assert_int_equal(CHECK(pstree_entry__descriptor, PSTREE_REQUIRED, 0x2a, 3, 1, 2), -EBADMSG);
}

static void field_given_twice_is_refused(void **state)
{
	assert_int_equal(CHECK(pstree_entry__descriptor, PSTREE_REQUIRED, 0x08, 1), -EBADMSG);
	assert_int_equal(CHECK(pstree_entry__descriptor, PSTREE_REQUIRED, 0x28, 1, 0x28, 1), 0);
}

static void wrong_wire_type_is_refused(void **state)
{
	assert_int_equal(CHECK(pstree_entry__descriptor, PSTREE_REQUIRED, 0x2d, 1, 0, 0, 0), -EBADMSG);
	assert_int_equal(CHECK(pstree_entry__descriptor, 0x0a, 1, 1, 0x10, 0, 0x18, 1, 0x20, 1), -EBADMSG);
	assert_int_equal(CHECK(pstree_entry__descriptor, PSTREE_REQUIRED, 0x2b, 0x2c), -EBADMSG);
}

static void unknown_fields_are_passed_over(void **state)
{
	assert_int_equal(CHECK(pstree_entry__descriptor, PSTREE_REQUIRED, 0xc2, 0x3e, 2, 1, 2), 0);
	assert_int_equal(CHECK(pstree_entry__descriptor, PSTREE_REQUIRED, 0xc2, 0x3e, 3, 1, 2), -EBADMSG);
	assert_int_equal(CHECK(pstree_entry__descriptor, PSTREE_REQUIRED, 0x00, 1), -EBADMSG);
}

static void unknown_enumeration_value_is_refused(void **state)
{
	assert_int_equal(CHECK(fdinfo_entry__descriptor, 0x08, 1, 0x10, 0, 0x18, 1, 0x20, 0), 0);
	assert_int_equal(CHECK(fdinfo_entry__descriptor, 0x08, 1, 0x10, 0, 0x18, 99, 0x20, 0), -EBADMSG);
}

static void string_with_a_nul_is_refused(void **state)
{
	assert_int_equal(CHECK(utsns_entry__descriptor, 0x0a, 2, 'a', 'b', 0x12, 0), 0);
	assert_int_equal(CHECK(utsns_entry__descriptor, 0x0a, 2, 'a', 0, 0x12, 0), -EBADMSG);
}

static void endless_varint_is_refused(void **state)
{
	uint8_t bytes[16];

	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(record_check(&pstree_entry__descriptor, bytes, sizeof(bytes)), -EBADMSG);
	assert_int_equal(CHECK(pstree_entry__descriptor, 0x08, 0xff, 0xff), -EBADMSG);
}

/* A cgroup directory with @depth others in it, one within the other, written from the inside out. */
static size_t nest_directories(uint8_t *bytes, size_t room, int depth)
{
	uint8_t *end = bytes + room, *at = end;

	for (int i = 0; i <= depth; i++) {
		static const uint8_t name[] = { 0x0a, 1, 'x' };
		size_t size = end - at;

		if (i) {
			at -= 3;
			memcpy(at, (uint8_t[]){ 0x12, (size & 0x7f) | 0x80, size >> 7 }, 3);
		}
		at -= sizeof(name);
		memcpy(at, name, sizeof(name));
	}
	memmove(bytes, at, end - at);
	return end - at;
}

static void nesting_has_an_end(void **state)
{
	uint8_t bytes[2048];
	ProtobufCMessage *message;
	size_t size;

	size = nest_directories(bytes, sizeof(bytes), RECORD_DEPTH_MAX);
	assert_int_equal(record_unpack(&cgroup_dir_entry__descriptor, bytes, size, &message), 0);
	protobuf_c_message_free_unpacked(message, NULL);
	size = nest_directories(bytes, sizeof(bytes), RECORD_DEPTH_MAX + 1);
	assert_int_equal(record_unpack(&cgroup_dir_entry__descriptor, bytes, size, &message), -EBADMSG);
}

/* Four bytes encoded are a structure of tens decoded: the memory limit must strike before the machine does. */
static void decoded_memory_is_bounded(void **state)
{
	size_t size = RECORD_SIZE_MAX;
	uint8_t *bytes = malloc(size);
	ProtobufCMessage *message;

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i += 2) {
		bytes[i] = 0x12;
		bytes[i + 1] = 0;
	}
	assert_int_equal(record_unpack(&cgroup_entry__descriptor, bytes, size, &message), -EBADMSG);
	free(bytes);
}

static void fixed_size_values_are_read(void **state)
{
	static const uint8_t options[] = { 0x08, 1,    0x10, 1, 0x18, 0, 0x20, 0, 0x28, 0, 0x30,
					   0,	 0x81, 1,    8, 7,    6, 5,    4, 3,	2, 1 };
	ProtobufCMessage *message;

	assert_int_equal(record_unpack(&sk_opts_entry__descriptor, options, sizeof(options), &message), 0);
	assert_true(((SkOptsEntry *)message)->so_filter[0] == 0x0102030405060708);
	protobuf_c_message_free_unpacked(message, NULL);
	assert_int_equal(record_check(&sk_opts_entry__descriptor, options, sizeof(options) - 1), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(required_fields_must_be_there),
		cmocka_unit_test(packed_and_single_elements_are_the_same),
		cmocka_unit_test(packed_elements_must_be_whole),
		cmocka_unit_test(field_given_twice_is_refused),
		cmocka_unit_test(wrong_wire_type_is_refused),
		cmocka_unit_test(unknown_fields_are_passed_over),
		cmocka_unit_test(unknown_enumeration_value_is_refused),
		cmocka_unit_test(string_with_a_nul_is_refused),
		cmocka_unit_test(endless_varint_is_refused),
		cmocka_unit_test(nesting_has_an_end),
		cmocka_unit_test(decoded_memory_is_bounded),
		cmocka_unit_test(fixed_size_values_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
