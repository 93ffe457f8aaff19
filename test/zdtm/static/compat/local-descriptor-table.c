// SPDX-License-Identifier: GPL-2.0-only
/* Segments of a task's own cannot be kept, and are refused by name.
 *
 * flavours: host compat
 * skip-if: not-x86
 * refuses: local descriptor table
 * kinds: compat
 */
#include "test.h"

#if defined(__x86_64__) || defined(__i386__)
#include <asm/ldt.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct user_desc segment = { .entry_number = 3, .base_addr = 0x1000, .limit = 4095, .seg_32bit = 1 };
	uint64_t table[8] = { 0 };

	test_init(argc, argv);
	if (syscall(SYS_modify_ldt, 0x11, &segment, sizeof(segment)) < 0)
		skip("modify_ldt: errno %d", errno);
	test_ready();
	test_wait();
	check(must(syscall(SYS_modify_ldt, 0, table, sizeof(table))) == sizeof(table) && table[3],
	      "the table has changed");
	pass();
}
#else
int main(int argc, char **argv)
{
	skip("written for x86");
}
#endif
