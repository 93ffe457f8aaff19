// SPDX-License-Identifier: GPL-2.0-only
/* The reader of kernel types, on types made here and on damaged ones. */
#include "test/unit/recorded.h"

#include <errno.h>
#include <linux/btf.h>

#include "criu/kernel/btf.h"

#define STRINGS "\0int\0outer\0number\0flags\0inner\0call"
#define INT_NAME 1
#define OUTER_NAME 5
#define NUMBER_NAME 11
#define FLAGS_NAME 18
#define INNER_NAME 24
#define CALL_NAME 30

#define INFO(kind, flag, nr) ((uint32_t)(flag) << 31 | (uint32_t)(kind) << 24 | (nr))
#define BITFIELD(bits, offset) ((uint32_t)(bits) << 24 | (offset))

/* struct outer { int number; union { struct outer *inner; int flags : 3 at bit 69; }; int (array of 4) }, call() */
static const struct types {
	struct btf_header head;
	struct btf_type integer;
	uint32_t encoding;
	struct btf_type outer;
	struct btf_member members[2];
	struct btf_type nameless;
	struct btf_member parts[2];
	struct btf_type array;
	struct btf_array elements;
	struct btf_type prototype, function;
	char strings[sizeof(STRINGS)];
} sample = {
	.head = {
		.magic = BTF_MAGIC,
		.version = 1,
		.hdr_len = sizeof(struct btf_header),
		.type_len = offsetof(struct types, strings) - sizeof(struct btf_header),
		.str_off = offsetof(struct types, strings) - sizeof(struct btf_header),
		.str_len = sizeof(STRINGS),
	},
	.integer = { INT_NAME, INFO(BTF_KIND_INT, 0, 0), { 4 } },
	.outer = { OUTER_NAME, INFO(BTF_KIND_STRUCT, 0, 2), { 24 } },
	.members = { { NUMBER_NAME, 1, 0 }, { 0, 3, 64 } },
	.nameless = { 0, INFO(BTF_KIND_UNION, 1, 2), { 16 } },
	.parts = { { INNER_NAME, 4, BITFIELD(0, 0) }, { FLAGS_NAME, 1, BITFIELD(3, 5) } },
	.array = { 0, INFO(BTF_KIND_ARRAY, 0, 0), { 0 } },
	.elements = { 1, 1, 4 },
	.prototype = { 0, INFO(BTF_KIND_FUNC_PROTO, 0, 0), { 1 } },
	.function = { CALL_NAME, INFO(BTF_KIND_FUNC, 0, 0), { 5 } },
	.strings = STRINGS,
};

static void check_field(const struct btf *btf, const char *path, uint32_t offset, uint32_t bits)
{
	struct btf_field field;

	assert_int_equal(btf_find_field(btf, "outer", path, &field), 0);
	assert_int_equal(field.offset, offset);
	assert_int_equal(field.bits, bits);
}

static void test_sample(void **state)
{
	struct btf_field field;
	struct btf *btf;

	assert_int_equal(btf_parse(&sample, sizeof(sample), &btf), 0);
	check_field(btf, "number", 0, 32);
	check_field(btf, "inner", 64, 128);
	check_field(btf, "flags", 69, 3);
	assert_int_equal(btf_find_field(btf, "outer", "other", &field), -ENOENT);
	assert_int_equal(btf_find_field(btf, "outer", "number.more", &field), -ENOENT);
	assert_int_equal(btf_find_field(btf, "out", "number", &field), -ENOENT);
	assert_int_equal(btf_size(btf, "outer"), 24);
	assert_int_equal(btf_size(btf, "int"), -ENOENT);
	assert_int_equal(btf_find_function(btf, "call"), 6);
	assert_int_equal(btf_find_function(btf, "outer"), -ENOENT);
	btf_close(btf);
}

/* Each byte in turn is another one: an error, or types that can be looked at. */
static void test_damaged(void **state)
{
	for (size_t i = 0; i < sizeof(sample); i++) {
		struct btf_field field;
		struct types damaged = sample;
		struct btf *btf;

		((uint8_t *)&damaged)[i] ^= 0xff;
		if (btf_parse(&damaged, sizeof(damaged), &btf) < 0)
			continue;
		btf_find_field(btf, "outer", "flags", &field);
		btf_find_function(btf, "call");
		btf_close(btf);
	}
}

static void test_cut(void **state)
{
	struct btf *btf;

	for (size_t size = 0; size < offsetof(struct types, strings) + sizeof(STRINGS); size++)
		assert_int_equal(btf_parse(&sample, size, &btf), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
