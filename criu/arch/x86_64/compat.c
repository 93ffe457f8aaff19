// SPDX-License-Identifier: GPL-2.0-only
/* 32-bit code on x86-64: what only the 32-bit interface of the kernel tells, asked by int $0x80, which may be done
 * from 64-bit code as long as addresses are below 4 GiB. */
#include "criu/arch/x86_64/compat.h"

#include <compel/compel.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/arch/arch.h"
#include "criu/arch/x86_64/compat-call.h"
#include "criu/util/macros.h"

#define ARCH_MAP_VDSO_32 0x2002
#define MOV_EAX 0xb8
#define MOV_LENGTH 5
/* __kernel_vsyscall saves three registers (arch/x86/entry/vdso/vdso32/system_call.S); 32-bit code is its caller. */
#define SAVED_BY_VSYSCALL (3 * sizeof(uint32_t))

/* Calls that the kernel continues by restart_syscall(2). */
static const uint32_t with_restart_block[] = {
	COMPAT_NR_poll,
	COMPAT_NR_nanosleep,
	COMPAT_NR_futex,
	COMPAT_NR_clock_nanosleep,
	COMPAT_NR_clock_nanosleep_time64,
	COMPAT_NR_futex_time64,
};

static bool is_number_of_restart(const unsigned char *mov, long *ret_number)
{
	uint32_t number;

	memcpy(&number, mov + 1, sizeof(number));
	*ret_number = number;
	for (size_t i = 0; mov[0] == MOV_EAX && i < ARRAY_SIZE(with_restart_block); i++)
		if (with_restart_block[i] == number)
			return true;
	return false;
}

/* "mov $number, %eax; int $0x80", or the last such "mov" before the call of __kernel_vsyscall. */
bool compat_number_from_code(const struct arch_code *code, long *ret_number)
{
	if (is_number_of_restart(code->before_ip + ARCH_CODE_BEFORE_IP - 2 - MOV_LENGTH, ret_number))
		return true;
	for (size_t i = ARCH_CODE_BEFORE_RETURN - MOV_LENGTH; i > 0; i--)
		if (is_number_of_restart(code->before_return + i, ret_number))
			return true;
	return false;
}

uint64_t arch_return_address(const struct compel_registers *registers)
{
	return compel_is_compat(registers) ? compel_sp(registers) + SAVED_BY_VSYSCALL : 0;
}

/* For what is passed in memory. */
static void *map_low_page(void)
{
	return mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
}

int arch_open_small(const char *path, int flags, int mode)
{
	char *low;
	long fd;

	if (strlen(path) >= PAGE_SIZE)
		return -ENAMETOOLONG;
	low = map_low_page();
	if (low == MAP_FAILED)
		return -errno;
	strcpy(low, path);
	fd = compat_call(COMPAT_NR_open, (long)low, flags, mode, 0);
	munmap(low, PAGE_SIZE);
	return (int)fd;
}

int arch_get_compat_robust_list(pid_t tid, uint32_t *ret_head)
{
	uint32_t *answer = map_low_page();
	long error;

	if (answer == MAP_FAILED)
		return -errno;
	error = compat_call(COMPAT_NR_get_robust_list, tid, (long)&answer[0], (long)&answer[1], 0);
	*ret_head = error ? 0 : answer[0];
	munmap(answer, PAGE_SIZE);
	return (int)error;
}

int arch_map_compat_vdso(uint64_t address)
{
	return syscall(SYS_arch_prctl, ARCH_MAP_VDSO_32, address) < 0 ? -errno : 0;
}
