// SPDX-License-Identifier: GPL-2.0-only
/* Probes that depend on the processor: the vdso, 32-bit tasks, debug registers. */
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/kernel/probe.h"
#include "criu/kernel/proc/mappings.h"
#include "criu/kernel/proc/open.h"

/* What an architecture does not have is a feature that is not there. */
#ifdef __x86_64__

#include "criu/arch/x86_64/compat-call.h"

#define ARCH_MAP_VDSO_32 0x2002
#define ARCH_MAP_VDSO_64 0x2003

static int read_own_mappings(struct proc_mappings *ret_mappings)
{
	_cleanup_close_ int self = proc_open_task(getpid());

	return self < 0 ? self : proc_read_maps(self, ret_mappings);
}

static bool is_vdso(const struct proc_mapping *mapping)
{
	return mapping->name && (!strcmp(mapping->name, "[vdso]") || !strncmp(mapping->name, "[vvar", 5));
}

/* Without its vdso this child must not ask for the time any more. A kernel refuses to map a second one. */
static int try_map_vdso(void *context)
{
	_cleanup_proc_mappings_ struct proc_mappings mappings = { 0 };
	const long *operation = context;
	unsigned long room = 1UL << 20;
	int ret = read_own_mappings(&mappings);
	void *at;

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < mappings.count; i++) {
		const struct proc_mapping *mapping = &mappings.items[i];

		if (is_vdso(mapping))
			munmap((void *)mapping->start, mapping->end - mapping->start);
	}
	at = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (at == MAP_FAILED)
		return -errno;
	munmap(at, room);
	return probe_result(syscall(SYS_arch_prctl, *operation, at));
}

int probe_can_map_vdso(struct kernel *kernel)
{
	long operation = ARCH_MAP_VDSO_64;

	return probe_in_child(try_map_vdso, &operation);
}

/* A kernel without calls of 32-bit code ends the child by a signal. */
static int try_compat_call(void *context)
{
	return compat_call(COMPAT_NR_getpid, 0, 0, 0, 0) == getpid();
}

int probe_compat_cr(struct kernel *kernel)
{
	long operation = ARCH_MAP_VDSO_32;
	int ret = probe_in_child(try_compat_call, NULL);

	if (ret <= 0)
		return ret == -EFAULT ? 0 : ret;
	return probe_in_child(try_map_vdso, &operation);
}

static __attribute__((noinline)) void be_called(void)
{
	__asm__ volatile("");
}

static void call_after_stop(void)
{
	raise(SIGSTOP);
	be_called();
}

static int set_debug_register(pid_t pid, int number, unsigned long value)
{
	size_t offset = offsetof(struct user, u_debugreg) + (size_t)number * sizeof(unsigned long);

	return ptrace(PTRACE_POKEUSER, pid, offset, value) < 0 ? -errno : 0;
}

/* Some virtual machines take the setting and never stop. */
static int trace_breakpoint(pid_t pid)
{
	int status, ret = set_debug_register(pid, 0, (unsigned long)be_called);

	if (ret == 0)
		ret = set_debug_register(pid, 7, 1);
	if (ret < 0)
		return ret == -EIO || ret == -EINVAL ? 0 : ret;
	if (ptrace(PTRACE_CONT, pid, NULL, NULL) < 0)
		return -errno;
	if (waitpid(pid, &status, __WALL) < 0)
		return -errno;
	return WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}

int probe_breakpoints(struct kernel *kernel)
{
	return probe_traced(call_after_stop, trace_breakpoint);
}

#else

int probe_can_map_vdso(struct kernel *kernel)
{
	return 0;
}

int probe_compat_cr(struct kernel *kernel)
{
	return 0;
}

int probe_breakpoints(struct kernel *kernel)
{
	return 0;
}

#endif
