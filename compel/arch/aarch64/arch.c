// SPDX-License-Identifier: LGPL-2.1-only
/* aarch64: register sets, the stub, system call numbers.
 *
 * The kernel rewinds an interrupted system call before the stop in which we see it (all but the last step of
 * -ERESTART_RESTARTBLOCK, which is lost when foreign code runs: a relative timeout begins anew then). */
#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "compel/src/internal.h"

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif
#define PSTATE_32BIT 0x10

/* svc #0; b . */
const uint8_t compel_stub_code[COMPEL_STUB_SIZE] = { 0x01, 0x00, 0x00, 0xd4, 0x00, 0x00, 0x00, 0x14 };

const long arch_nr_mmap = SYS_mmap, arch_nr_mprotect = SYS_mprotect, arch_nr_munmap = SYS_munmap,
	   arch_nr_close = SYS_close, arch_nr_socketpair = SYS_socketpair, arch_nr_recvmsg = SYS_recvmsg;
const bool arch_can_restart = false;
const long arch_frame_ip = 0;

int arch_get_registers(pid_t tid, struct compel_registers *ret_registers)
{
	struct iovec area = { &ret_registers->native, sizeof(ret_registers->native) };
	int number = -1;

	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &area))
		return -errno;
	if (area.iov_len != sizeof(ret_registers->native))
		ret_registers->native.pstate = PSTATE_32BIT;
	area = (struct iovec){ &number, sizeof(number) };
	if (ptrace(PTRACE_GETREGSET, tid, NT_ARM_SYSTEM_CALL, &area))
		number = -1;
	ret_registers->syscall_number = number;
	return 0;
}

int arch_set_registers(pid_t tid, const struct compel_registers *registers)
{
	struct iovec area = { (void *)&registers->native, sizeof(registers->native) };

	return ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &area) ? -errno : 0;
}

ssize_t arch_get_extended(pid_t tid, void *buffer, size_t size)
{
	struct iovec area = { buffer, size };

	return ptrace(PTRACE_GETREGSET, tid, NT_PRFPREG, &area) ? -errno : (ssize_t)area.iov_len;
}

int arch_set_extended(pid_t tid, const void *buffer, size_t size)
{
	struct iovec area = { (void *)buffer, size };

	return ptrace(PTRACE_SETREGSET, tid, NT_PRFPREG, &area) ? -errno : 0;
}

bool arch_is_compat(const struct compel_registers *registers)
{
	return registers->native.pstate & PSTATE_32BIT;
}
