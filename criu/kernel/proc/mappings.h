/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/PID/maps and /proc/PID/smaps. */
#ifndef CRIU_KERNEL_PROC_MAPPINGS_H
#define CRIU_KERNEL_PROC_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "criu/util/cleanup.h"

/* Bits of a set, one a pair of letters in vm-flags.def. */
enum proc_vm_index {
#define VM_FLAG(letters, name) PROC_VM_INDEX_##name,
#include "criu/kernel/proc/vm-flags.def"
#undef VM_FLAG
	PROC_VM_COUNT,
};

enum proc_vm_flag {
#define VM_FLAG(letters, name) PROC_VM_##name = 1ULL << PROC_VM_INDEX_##name,
#include "criu/kernel/proc/vm-flags.def"
#undef VM_FLAG
	PROC_VM_UNNAMED = 1ULL << 62, /* one that this kernel has no letters for ("??"); two make an unknown one */
	PROC_VM_UNKNOWN = 1ULL << 63, /* at least one that the list does not have */
};

#define PROC_VM_UFFD (PROC_VM_UFFD_MISSING | PROC_VM_UFFD_WRITE_PROTECT | PROC_VM_UFFD_MINOR)

struct proc_mapping {
	uint64_t start, end;
	int prot; /* PROT_READ | PROT_WRITE | PROT_EXEC */
	bool shared;
	/* Of a file on a file system that counts devices itself (btrfs, overlayfs) other than what stat() says. */
	uint32_t dev_major, dev_minor;
	uint64_t inode;
	uint64_t offset; /* bytes */
	/* Without escapes and without the " (deleted)" that the kernel adds; NULL when there is none. Names of
	 * the kernel's own are "[heap]", "[stack]", "[vdso]", "[anon:NAME]", "[anon_shmem:NAME]"... */
	char *name;
	/* The text ended in " (deleted)". A living file can be named so: proc_settle_mapping_name() knows. */
	bool deleted;

	/* From smaps only. */
	uint64_t flags; /* set of PROC_VM_* */
	uint64_t size_kib, rss_kib, pss_kib, anonymous_kib, swap_kib, page_size_kib;
	uint64_t shared_clean_kib, shared_dirty_kib; /* of pages that others have mapped, too */
	int protection_key;			     /* 0 when the kernel does not say */
};

struct proc_mappings {
	struct proc_mapping *items; /* by address */
	size_t count;
	bool has_flags; /* from smaps */
};

/* Text of either file. -EINVAL for what the kernel never writes, such as mappings out of order. */
int proc_parse_mappings(const char *data, size_t size, struct proc_mappings *ret_mappings);
/* @task_fd: directory of a task; a kernel thread or zombie has no mappings. smaps costs a walk over all pages. */
int proc_read_maps(int task_fd, struct proc_mappings *ret_mappings);
int proc_read_smaps(int task_fd, struct proc_mappings *ret_mappings);
void proc_free_mappings(struct proc_mappings *mappings);

/* Asks the kernel through map_files whether the mapped file is really gone, and gives the name the suffix back
 * when it is a part of it; also a "\012" that was a part of it. Worth a call when @deleted is set or the name
 * holds a newline. Without the right to follow map_files:
 * -EPERM or -EACCES, with all unchanged. */
int proc_settle_mapping_name(int task_fd, struct proc_mapping *mapping);

/* The two letters of smaps for one PROC_VM_*, for messages. */
const char *proc_vm_flag_letters(uint64_t flag);

#define _cleanup_proc_mappings_ _cleanup_(proc_free_mappings)

#endif
