// SPDX-License-Identifier: GPL-2.0-only
/* The permission to use tile registers (ARCH_REQ_XCOMP_PERM, AMX) and what is in them; a child has not asked for it.
 *
 * flavours: host ns
 * skip-if: not-x86 no-tiles
 */
#include "test.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GET_PERMISSION 0x1022
#define REQUEST_PERMISSION 0x1023
#define GET_GUEST_PERMISSION 0x1024
#define REQUEST_GUEST_PERMISSION 0x1025
#define TILE_DATA 18
#define ROWS 16
#define ROW_BYTES 64

/* What ldtilecfg loads: palette 1, one tile of 16 rows of 64 bytes. */
struct tile_configuration {
	uint8_t palette, start_row, reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
} __attribute__((packed));

static sigjmp_buf escape;

static unsigned long permission(int option)
{
	unsigned long set = 0;

	must(syscall(SYS_arch_prctl, option, &set));
	return set >> TILE_DATA & 1;
}

static void on_fault(int sig)
{
	siglongjmp(escape, 1);
}

static void load_configuration(void)
{
	struct tile_configuration configuration = { .palette = 1, .row_bytes = { ROW_BYTES }, .rows = { ROWS } };

	__asm__ volatile("ldtilecfg %0" : : "m"(configuration));
}

__attribute__((noinline)) static void load_tile(const char *memory)
{
	__asm__ volatile("tileloadd (%0,%1,1), %%tmm0" : : "r"(memory), "r"((long)ROW_BYTES) : "memory");
}

__attribute__((noinline)) static void store_tile(char *memory)
{
	__asm__ volatile("tilestored %%tmm0, (%0,%1,1)" : : "r"(memory), "r"((long)ROW_BYTES) : "memory");
}

static void child(void *arg)
{
	char memory[ROWS * ROW_BYTES] = { 0 };

	test_ready();
	test_wait();
	signal(SIGILL, on_fault);
	check(!permission(GET_PERMISSION) && !permission(GET_GUEST_PERMISSION), "the child has got the permission");
	if (!sigsetjmp(escape, 1)) {
		load_configuration();
		load_tile(memory);
		fail("the child can use tiles");
	}
}

int main(int argc, char **argv)
{
	static char memory[ROWS * ROW_BYTES], after[ROWS * ROW_BYTES];
	unsigned long guest;
	pid_t pid;

	test_init(argc, argv);
	pid = test_child(child, NULL);
	must(syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA));
	/* Not everywhere to be had. */
	syscall(SYS_arch_prctl, REQUEST_GUEST_PERMISSION, TILE_DATA);
	guest = permission(GET_GUEST_PERMISSION);
	test_fill(memory, sizeof(memory), 18);
	load_configuration();
	load_tile(memory);
	test_ready();
	while (!test_stopped())
		__asm__ volatile("pause");
	store_tile(after);
	check(guest == permission(GET_GUEST_PERMISSION), "the permission for virtual machines has changed");
	check(permission(GET_PERMISSION), "the permission is gone");
	check(!memcmp(memory, after, sizeof(memory)), "contents of the tile have changed");
	load_configuration();
	load_tile(memory);
	test_end_child(pid);
	pass();
}
