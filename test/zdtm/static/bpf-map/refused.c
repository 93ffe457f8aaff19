// SPDX-License-Identifier: GPL-2.0-only
/* Maps of other types, one that a program uses, the program and its type information are refused by name.
 *
 * refuses: bpf maps other than hash tables and arrays; uses it; bpf programs
 * kinds: bpf_map
 */
#include "test.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int call(int command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int make(uint32_t type)
{
	union bpf_attr attributes = { .map_type = type, .key_size = 4, .value_size = 8, .max_entries = 1 };
	int fd = call(BPF_MAP_CREATE, &attributes);

	if (fd < 0)
		skip("bpf: %s", strerror(errno));
	return fd;
}

/* Its map in register 1, zero in register 0, the end. */
static int load_program(int map)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = map },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attributes = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				      .insn_cnt = ARRAY_SIZE(code),
				      .insns = (uintptr_t)code,
				      .license = (uintptr_t) "GPL" };

	return call(BPF_PROG_LOAD, &attributes);
}

int main(int argc, char **argv)
{
	int used, other, program;

	test_init(argc, argv);
	other = make(BPF_MAP_TYPE_PERCPU_ARRAY);
	used = make(BPF_MAP_TYPE_ARRAY);
	program = must(load_program(used));
	test_ready();
	test_wait();
	must(close(program));
	must(close(used));
	must(close(other));
	pass();
}
