/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel interfaces that are younger than the C library's and kernel headers we build with. */
#ifndef CRIU_KERNEL_ABI_H
#define CRIU_KERNEL_ABI_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <stdint.h>

/* 6.7 */
struct abi_page_region {
	uint64_t start, end, categories;
};

struct abi_pagemap_scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define ABI_PAGEMAP_SCAN _IOWR('f', 16, struct abi_pagemap_scan)
#define ABI_PAGE_IS_WRITTEN (1ULL << 1)
#define ABI_PAGE_IS_PRESENT (1ULL << 3)
#define ABI_PAGE_IS_GUARD (1ULL << 8)
#define ABI_UFFD_FEATURE_WP_ASYNC (1ULL << 15)

/* 6.11 */
struct abi_procmap_query {
	uint64_t size, query_flags, query_addr, vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
	uint64_t vma_name_addr, build_id_addr;
};

#define ABI_PROCMAP_QUERY _IOWR('f', 17, struct abi_procmap_query)
#define ABI_NS_GET_PID_IN_PIDNS _IOR(0xb7, 0x8, int)

/* 6.13 */
struct abi_pidfd_info {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};

#define ABI_PIDFD_GET_INFO _IOWR(0xff, 11, struct abi_pidfd_info)
#define ABI_PIDFD_INFO_PID 1
#define ABI_MADV_GUARD_INSTALL 102

/* 6.10, 6.8: the same number on all architectures we know */
#define ABI_SYS_mseal 462
#define ABI_SYS_statmount 457
#define ABI_SYS_listmount 458

struct abi_mount_id_request {
	uint32_t size, spare;
	uint64_t mnt_id, param;
};

#define ABI_STATMOUNT_MNT_BASIC 2
#define ABI_LSMT_ROOT UINT64_MAX

/* 6.16 */
#define ABI_PR_TIMER_CREATE_RESTORE_IDS 77
#define ABI_PR_TIMER_CREATE_RESTORE_IDS_GET 2

/* 6.4 */
#define ABI_PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG 0x4211

struct abi_syscall_user_dispatch {
	uint64_t mode, selector, offset, len;
};

/* 5.13 */
#define ABI_PTRACE_GET_RSEQ_CONFIGURATION 0x420f

struct abi_ptrace_rseq {
	uint64_t address;
	uint32_t size, signature, flags, pad;
};

/* 5.15 */
#define ABI_MOVE_MOUNT_SET_GROUP 0x100
#define ABI_SO_BUF_LOCK 72

/* 5.13 */
#define ABI_IFLA_NEW_IFINDEX 49

#endif
