/* SPDX-License-Identifier: GPL-2.0-only */
/* bpf(2). */
#ifndef CRIU_KERNEL_BPF_CALL_H
#define CRIU_KERNEL_BPF_CALL_H

#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A descriptor, 0, or -errno. */
static inline int bpf_call(enum bpf_cmd command, union bpf_attr *attributes)
{
	int result = (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));

	return result < 0 ? -errno : result;
}

/* Instructions as assembler would have them. */
#define BPF_INSN(code_, dst_, src_, off_, imm_) \
	((struct bpf_insn){ .code = (code_), .dst_reg = (dst_), .src_reg = (src_), .off = (off_), .imm = (imm_) })
#define BPF_MOVE(dst, src) BPF_INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define BPF_SET(dst, value) BPF_INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, value)
#define BPF_ADD_VALUE(dst, value) BPF_INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, value)
#define BPF_LOAD(size, dst, src, offset) BPF_INSN(BPF_LDX | (size) | BPF_MEM, dst, src, offset, 0)
#define BPF_STORE(size, dst, offset, src) BPF_INSN(BPF_STX | (size) | BPF_MEM, dst, src, offset, 0)
#define BPF_JUMP_IF(op, dst, value, to) BPF_INSN(BPF_JMP | (op) | BPF_K, dst, 0, to, value)
#define BPF_CALL_HELPER(number) BPF_INSN(BPF_JMP | BPF_CALL, 0, 0, 0, number)
#define BPF_RETURN() BPF_INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* Two instructions: the address of the only value of a map. */
#define BPF_VALUE_OF_MAP(dst, map) \
	BPF_INSN(BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_VALUE, 0, map), BPF_INSN(0, 0, 0, 0, 0)

#endif
