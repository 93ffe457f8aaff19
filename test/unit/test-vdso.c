// SPDX-License-Identifier: GPL-2.0-only
/* The vdso of this kernel as a library, damaged in many ways; and threads that stand in the first instructions of its
 * functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "criu/arch/arch.h"
#include "criu/kernel/vdso.h"

#define SIZE 8192

static const uint8_t *own(void)
{
	return (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
}

static void entries_are_found(void **state)
{
	void *library = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
	struct vdso vdso;

	assert_int_equal(vdso_parse(own(), SIZE, &vdso), 0);
	assert_true(vdso.nr_symbols >= 4);
	assert_true(vdso.build_id_length > 0);
	for (unsigned int i = 0; i < vdso.nr_symbols; i++) {
		const struct vdso_symbol *symbol = &vdso.symbols[i];

		assert_true(symbol->room >= ARCH_VDSO_JUMP_SIZE);
		assert_true(i == 0 || vdso.symbols[i - 1].offset + vdso.symbols[i - 1].room <= symbol->offset);
		if (library)
			assert_ptr_equal(dlsym(library, symbol->name), own() + symbol->offset);
	}
	assert_non_null(vdso_find(&vdso, "__vdso_gettimeofday"));
	assert_null(vdso_find(&vdso, "gettimeofday"));
}

static void builds_are_told_by_their_ids(void **state)
{
	struct vdso vdso, other;

	assert_int_equal(vdso_parse(own(), SIZE, &vdso), 0);
	other = vdso;
	assert_true(vdso_same_build(&vdso, &other));
	other.build_id[3] ^= 1;
	assert_false(vdso_same_build(&vdso, &other));
	other.build_id_length = vdso.build_id_length = 0;
	assert_false(vdso_same_build(&vdso, &other));
}

/* Memory of exactly that size, so that sanitizers see a look behind its end. */
static void parts_of_it_are_survived(void **state)
{
	struct vdso vdso;

	for (size_t size = 0; size < SIZE; size += size < 1024 ? 1 : 61) {
		uint8_t *part = malloc(size + 1);

		memcpy(part, own(), size);
		part = realloc(part, size ? size : 1);
		vdso_parse(part, size, &vdso);
		free(part);
	}
	assert_int_equal(vdso_parse(own(), 0, &vdso), -EBADMSG);
	assert_int_equal(vdso_parse(own(), 64, &vdso), -EBADMSG);
}

static void damage_is_survived(void **state)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	uint8_t *copy = malloc(SIZE);
	struct vdso vdso;

	for (size_t at = 0; at < SIZE / 2; at++) {
		memcpy(copy, own(), SIZE);
		for (size_t i = 0; i < sizeof(values); i++) {
			copy[at] = values[i];
			if (vdso_parse(copy, SIZE, &vdso) < 0)
				continue;
			for (unsigned int n = 0; n < vdso.nr_symbols; n++)
				assert_true(vdso.symbols[n].offset + (uint64_t)vdso.symbols[n].room <= SIZE);
		}
	}
	free(copy);
}

#ifdef __x86_64__
#define ENTRY 0x7f0000001000UL
#define STACK 0x7ffc00000000UL
#define OLD_FRAME 0x1234UL

static bool read_stack(void *context, uint64_t address, uint64_t *ret)
{
	*ret = OLD_FRAME;
	return address == STACK;
}

static void rewind_at(const uint8_t *code, uint64_t done, bool expected, uint64_t stack, uint64_t frame)
{
	UserX86RegsEntry registers = USER_X86_REGS_ENTRY__INIT;
	ThreadInfoX86 info = THREAD_INFO_X86__INIT;
	CoreEntry core = CORE_ENTRY__INIT;

	info.gpregs = &registers;
	core.thread_info = &info;
	registers.ip = ENTRY + done;
	registers.sp = STACK;
	registers.bp = STACK;
	assert_int_equal(arch_vdso_rewind(&core, ENTRY, code, read_stack, NULL), expected);
	assert_int_equal(registers.ip, expected ? ENTRY : ENTRY + done);
	assert_int_equal(registers.sp, stack);
	assert_int_equal(registers.bp, frame);
}

static void functions_begin_anew(void **state)
{
	static const uint8_t frame[] = { 0x55, 0x48, 0x89, 0xe5, 0x41 }; /* push %rbp; mov %rsp, %rbp; push */
	static const uint8_t branch[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x55 };  /* endbr64; push %rbp */
	static const uint8_t compare[] = { 0x83, 0xff, 0x0f, 0x77, 0x50 }; /* cmp $15, %edi; ja */
	static const uint8_t moves[] = { 0x55, 0x49, 0x89, 0xfa, 0x49 };   /* push %rbp; mov %rdi, %r10 */
	static const uint8_t other[] = { 0x48, 0xff, 0xc7, 0x90, 0x90 };   /* inc %rdi: an argument */

	rewind_at(frame, 1, true, STACK + 8, STACK);
	rewind_at(frame, 4, true, STACK + 8, OLD_FRAME);
	rewind_at(frame, 2, false, STACK, STACK);
	rewind_at(branch, 4, true, STACK, STACK);
	rewind_at(compare, 3, true, STACK, STACK);
	rewind_at(moves, 4, true, STACK + 8, STACK);
	rewind_at(other, 3, false, STACK, STACK);
	rewind_at(frame + 1, 3, false, STACK, STACK);
}

static void jumps_reach_two_gigabytes(void **state)
{
	uint8_t code[ARCH_VDSO_JUMP_SIZE];
	int32_t distance;

	assert_int_equal(arch_vdso_jump(code, ENTRY, ENTRY + 0x1000), 5);
	memcpy(&distance, code + 1, sizeof(distance));
	assert_int_equal(code[0], 0xe9);
	assert_int_equal(distance, 0x1000 - 5);
	assert_int_equal(arch_vdso_jump(code, ENTRY, ENTRY - 0x70000000), 5);
	assert_int_equal(arch_vdso_jump(code, ENTRY, ENTRY + 0x80000010), 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_found),	    cmocka_unit_test(builds_are_told_by_their_ids),
		cmocka_unit_test(parts_of_it_are_survived), cmocka_unit_test(damage_is_survived),
#ifdef __x86_64__
		cmocka_unit_test(functions_begin_anew),	    cmocka_unit_test(jumps_reach_two_gigabytes),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
