/* SPDX-License-Identifier: GPL-2.0-only */
/* The types of the running kernel, as it tells them (BTF, Documentation/bpf/btf.rst of the kernel): where a member of a
 * structure is, and the numbers of functions. */
#ifndef CRIU_KERNEL_BTF_H
#define CRIU_KERNEL_BTF_H

#include <stddef.h>
#include <stdint.h>

struct btf;

struct btf_field {
	uint32_t offset; /* in bits, from the beginning of the outermost structure */
	uint32_t bits;	 /* more than 64: a structure or an array */
};

/* -ENOENT: the kernel was built without. */
int btf_open(struct btf **ret_btf);
/* Types in memory; they are copied. -EBADMSG. */
int btf_parse(const void *data, size_t size, struct btf **ret_btf);
void btf_close(struct btf *btf);

/* @path: members with dots between them ("sk.__sk_common.skc_daddr"); those of structures without a name are found as in C.
 * -ENOENT: there is none. */
int btf_find_field(const struct btf *btf, const char *structure, const char *path, struct btf_field *ret_field);
/* In bytes, or -ENOENT. */
long btf_size(const struct btf *btf, const char *structure);
/* The number of a function's type, or -ENOENT. */
int btf_find_function(const struct btf *btf, const char *name);

#endif
