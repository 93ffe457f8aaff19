// SPDX-License-Identifier: LGPL-2.1-only
/* x86_64: register sets, the stub, system call numbers. */
#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "compel/src/internal.h"

/* jmp to the next; syscall; pause; jmp to the pause */
const uint8_t compel_stub_code[COMPEL_STUB_SIZE] = { 0xeb, 0x00, 0x0f, 0x05, 0xf3, 0x90, 0xeb, 0xfc };

const long arch_nr_mmap = SYS_mmap, arch_nr_mprotect = SYS_mprotect, arch_nr_munmap = SYS_munmap,
	   arch_nr_close = SYS_close, arch_nr_socketpair = SYS_socketpair, arch_nr_recvmsg = SYS_recvmsg;

const bool arch_can_restart = true;
/* The return address, then 16 registers from the 40th byte of ucontext on (arch/x86/include/asm/sigframe.h). */
const long arch_frame_ip = 8 + 40 + 16 * 8;

/* PTRACE_GETREGS gives the 64 bit view of 32 bit tasks too, NT_PRSTATUS does not. */
int arch_get_registers(pid_t tid, struct compel_registers *ret_registers)
{
	return ptrace(PTRACE_GETREGS, tid, NULL, &ret_registers->native) ? -errno : 0;
}

int arch_set_registers(pid_t tid, const struct compel_registers *registers)
{
	return ptrace(PTRACE_SETREGS, tid, NULL, &registers->native) ? -errno : 0;
}

ssize_t arch_get_extended(pid_t tid, void *buffer, size_t size)
{
	struct iovec area = { buffer, size };

	if (!ptrace(PTRACE_GETREGSET, tid, NT_X86_XSTATE, &area))
		return (ssize_t)area.iov_len;
	/* A processor without XSAVE has the FXSAVE part alone. */
	if (errno != ENODEV || ptrace(PTRACE_GETREGSET, tid, NT_PRFPREG, &area))
		return -errno;
	return (ssize_t)area.iov_len;
}

int arch_set_extended(pid_t tid, const void *buffer, size_t size)
{
	struct iovec area = { (void *)buffer, size };

	if (!ptrace(PTRACE_SETREGSET, tid, NT_X86_XSTATE, &area))
		return 0;
	if (errno != ENODEV || size < sizeof(struct user_fpregs_struct))
		return -errno;
	area.iov_len = sizeof(struct user_fpregs_struct);
	return ptrace(PTRACE_SETREGSET, tid, NT_PRFPREG, &area) ? -errno : 0;
}

bool arch_is_compat(const struct compel_registers *registers)
{
	return registers->native.cs == 0x23;
}
