/* SPDX-License-Identifier: GPL-2.0-only */
/* What a test of private memory with huge pages needs of the kernel. */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/* Before 5.16 private memory with huge pages cannot be put into place. */
static void need_movable_pages(void)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE;
	void *from = mmap(NULL, 2UL << 20, PROT_NONE, flags, -1, 0);
	void *to = mmap(NULL, 2UL << 20, PROT_NONE, flags, -1, 0);

	if (from == MAP_FAILED || to == MAP_FAILED)
		skip("no huge pages in this kernel: %s", strerror(errno));
	if (mremap(from, 2UL << 20, 2UL << 20, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
		skip("this kernel does not move huge pages (before 5.16)");
	munmap(to, 2UL << 20);
}
