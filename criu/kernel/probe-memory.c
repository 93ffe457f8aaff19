// SPDX-License-Identifier: GPL-2.0-only
/* Probes of memory: page maps, dirty tracking, userfaultfd, mappings. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "criu/kernel/abi.h"
#include "criu/kernel/probe.h"
#include "criu/kernel/proc/link.h"
#include "criu/kernel/proc/mappings.h"
#include "criu/kernel/proc/open.h"
#include "criu/util/macros.h"

#define SOFT_DIRTY_BIT 55

struct page {
	char *at;
};

static void unmap_page(struct page *page)
{
	if (page->at)
		munmap(page->at, PAGE_SIZE);
}

#define _cleanup_page_ _cleanup_(unmap_page)

static int map_page(struct page *page)
{
	void *at = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return -errno;
	page->at = at;
	*page->at = 1;
	return 0;
}

static int open_self(void)
{
	return proc_open_task(getpid());
}

int probe_map_files(struct kernel *kernel)
{
	_cleanup_close_ int self = open_self(), fd = memfd_create("probe", MFD_CLOEXEC);
	_cleanup_free_ char *target = NULL;
	char link[64];
	void *at;
	int ret;

	if (self < 0 || fd < 0 || ftruncate(fd, PAGE_SIZE) < 0)
		return -EIO;
	at = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	snprintf(link, sizeof(link), "map_files/%lx-%lx", (long)at, (long)at + PAGE_SIZE);
	ret = proc_read_link(self, link, &target);
	munmap(at, PAGE_SIZE);
	return ret == -ENOENT ? 0 : ret < 0 ? ret : 1;
}

int probe_prctl_mm(struct kernel *kernel)
{
	unsigned int size = 0;

	return probe_result(prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0));
}

int probe_vmsplice_unaligned(struct kernel *kernel)
{
	_cleanup_close_ int reader = -EBADF, writer = -EBADF;
	struct iovec part = { .iov_len = 10 };
	_cleanup_page_ struct page page = { 0 };
	int ends[2], ret = map_page(&page);

	if (ret < 0)
		return ret;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	reader = ends[0];
	writer = ends[1];
	part.iov_base = page.at + 1;
	return probe_result(vmsplice(writer, &part, 1, SPLICE_F_NONBLOCK));
}

/* The flags of @page in /proc/self/pagemap. */
static int read_page_flags(const struct page *page, uint64_t *ret_flags)
{
	_cleanup_close_ int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	off_t offset = (off_t)((uintptr_t)page->at / PAGE_SIZE * sizeof(*ret_flags));

	if (fd < 0)
		return -errno;
	return pread(fd, ret_flags, sizeof(*ret_flags), offset) == sizeof(*ret_flags) ? 0 : -EIO;
}

static int try_soft_dirty(void *context)
{
	_cleanup_close_ int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	_cleanup_page_ struct page page = { 0 };
	uint64_t flags;
	int ret = map_page(&page);

	if (ret < 0 || !page.at)
		return ret;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (write(fd, "4", 1) != 1)
		return probe_result(-1);
	ret = read_page_flags(&page, &flags);
	if (ret < 0 || flags & 1ULL << SOFT_DIRTY_BIT)
		return MIN(ret, 0);
	*(volatile char *)page.at = 2;
	ret = read_page_flags(&page, &flags);
	return ret < 0 ? ret : (flags & 1ULL << SOFT_DIRTY_BIT) != 0;
}

/* In a child, since it would clear the caller's bits. */
int probe_soft_dirty(struct kernel *kernel)
{
	return probe_in_child(try_soft_dirty, NULL);
}

int probe_mem_dirty_track(struct kernel *kernel)
{
	if (kernel_has(kernel, KERNEL_PAGEMAP_SCAN) && kernel_has(kernel, KERNEL_UFFD_WP_ASYNC))
		return 1;
	return kernel_has(kernel, KERNEL_SOFT_DIRTY);
}

/* Number of pages of @page which have one of @categories, or an error. */
static int scan_page(const struct page *page, uint64_t categories)
{
	_cleanup_close_ int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	struct abi_page_region region;
	struct abi_pagemap_scan scan = {
		.size = sizeof(scan),
		.start = (uintptr_t)page->at,
		.end = (uintptr_t)page->at + PAGE_SIZE,
		.vec = (uintptr_t)&region,
		.vec_len = 1,
		.category_mask = categories,
		.return_mask = categories,
	};
	int count;

	if (fd < 0)
		return -errno;
	count = ioctl(fd, ABI_PAGEMAP_SCAN, &scan);
	return count < 0 ? -errno : count;
}

int probe_pagemap_scan(struct kernel *kernel)
{
	_cleanup_page_ struct page page = { 0 };
	int ret = map_page(&page);

	if (ret == 0)
		ret = scan_page(&page, ABI_PAGE_IS_PRESENT);
	return ret == -ENOTTY || ret == -EINVAL ? 0 : ret;
}

int probe_guard_pages(struct kernel *kernel)
{
	_cleanup_page_ struct page page = { 0 };
	int ret = map_page(&page);

	return ret < 0 ? ret : probe_result(madvise(page.at, PAGE_SIZE, ABI_MADV_GUARD_INSTALL));
}

int probe_pagemap_scan_guard_pages(struct kernel *kernel)
{
	_cleanup_page_ struct page page = { 0 };
	int ret = map_page(&page);

	if (ret < 0)
		return ret;
	if (madvise(page.at, PAGE_SIZE, ABI_MADV_GUARD_INSTALL) < 0)
		return probe_result(-1);
	ret = scan_page(&page, ABI_PAGE_IS_GUARD);
	return ret == -ENOTTY || ret == -EINVAL ? 0 : ret;
}

int probe_procmap_query(struct kernel *kernel)
{
	_cleanup_close_ int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	struct abi_procmap_query query = { .size = sizeof(query), .query_addr = (uintptr_t)&query };

	return fd < 0 ? -errno : probe_result(ioctl(fd, ABI_PROCMAP_QUERY, &query));
}

static int try_mseal(void *context)
{
	struct page page = { 0 }; /* a sealed page cannot be unmapped */
	int ret = map_page(&page);

	return ret < 0 ? ret : probe_result(syscall(ABI_SYS_mseal, page.at, PAGE_SIZE, 0));
}

int probe_mseal(struct kernel *kernel)
{
	return probe_in_child(try_mseal, NULL);
}

/* A userfaultfd with @features. The kernel says EPERM where the user may not have one. */
static int open_uffd(uint64_t features)
{
	_cleanup_close_ int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = { .api = UFFD_API, .features = features };

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) < 0)
		return -errno;
	return steal_fd(&fd);
}

static int try_uffd(uint64_t features)
{
	_cleanup_close_ int fd = open_uffd(features);

	return fd >= 0 ? 1 : fd == -ENOSYS || fd == -EINVAL ? 0 : fd;
}

int probe_uffd(struct kernel *kernel)
{
	return try_uffd(0);
}

int probe_uffd_noncoop(struct kernel *kernel)
{
	return try_uffd(UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE |
			UFFD_FEATURE_EVENT_UNMAP);
}

int probe_uffd_wp_async(struct kernel *kernel)
{
	return try_uffd(UFFD_FEATURE_PAGEFAULT_FLAG_WP | ABI_UFFD_FEATURE_WP_ASYNC);
}

int probe_memfd_hugetlb(struct kernel *kernel)
{
	_cleanup_close_ int fd = memfd_create("probe", MFD_CLOEXEC | MFD_HUGETLB);

	return probe_result(fd);
}

/* Size of the mapping of this process that starts at @address, 0 without. */
static size_t mapping_size(uint64_t address)
{
	_cleanup_proc_mappings_ struct proc_mappings mappings = { 0 };
	_cleanup_close_ int self = open_self();

	if (self < 0 || proc_read_maps(self, &mappings) < 0)
		return 0;
	for (size_t i = 0; i < mappings.count; i++) {
		if (mappings.items[i].start == address)
			return mappings.items[i].end - mappings.items[i].start;
	}
	return 0;
}

/* The ring is at the address that names the context; when it is moved, so is the name. */
static int try_aio_remap(void *context)
{
	struct timespec now = { 0 };
	struct io_event event;
	aio_context_t ring = 0;
	size_t size;
	void *moved;

	if (syscall(SYS_io_setup, 1, &ring) < 0)
		return probe_result(-1);
	size = mapping_size(ring);
	moved = size ? mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;
	if (moved == MAP_FAILED)
		return -EIO;
	if (mremap((void *)ring, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, moved) == MAP_FAILED)
		return probe_result(-1);
	return probe_result(syscall(SYS_io_getevents, moved, 0, 1, &event, &now));
}

int probe_aio_remap(struct kernel *kernel)
{
	return probe_in_child(try_aio_remap, NULL);
}

/* Moves [vdso] in a child, which asks for nothing that is in it. */
static int try_mremap_special(void *context)
{
	_cleanup_proc_mappings_ struct proc_mappings mappings = { 0 };
	_cleanup_close_ int self = open_self();
	int ret = self < 0 ? self : proc_read_maps(self, &mappings);

	for (size_t i = 0; ret == 0 && i < mappings.count; i++) {
		const struct proc_mapping *mapping = &mappings.items[i];
		size_t size = mapping->end - mapping->start;
		void *to;

		if (!mapping->name || strcmp(mapping->name, "[vdso]"))
			continue;
		to = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (to == MAP_FAILED)
			return -errno;
		if (mremap((void *)mapping->start, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
			return probe_result(-1);
		return mapping_size((uintptr_t)to) == size;
	}
	return ret < 0 ? ret : 1; /* a kernel without vdso has none to be moved */
}

int probe_mremap_special(struct kernel *kernel)
{
	return probe_in_child(try_mremap_special, NULL);
}
