// SPDX-License-Identifier: GPL-2.0-only
/* The blob which the tests of libcompel inject: one command for each thing they check. */
#include <compel/blob/entry.h>
#include <compel/blob/string.h>
#include <compel/blob/syscall.h>

#include "test/unit/compel-blob.h"

static long do_identify(struct blob_arguments *arguments)
{
	arguments->pid = (int)compel_syscall0(__NR_getpid);
	arguments->tid = (int)compel_syscall0(__NR_gettid);
	return BLOB_ANSWER;
}

static long do_clobber(struct blob_arguments *arguments)
{
#if defined(__x86_64__)
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n\tpcmpeqd %%xmm7, %%xmm7\n\tpcmpeqd %%xmm15, %%xmm15\n\t"
			 "movq %%xmm0, %%rbx\n\tmovq %%rbx, %%r12"
			 :
			 :
			 : "xmm0", "xmm7", "xmm15", "rbx", "r12");
#endif
	memset(arguments->text, 'x', sizeof(arguments->text));
	return 0;
}

static long do_mask(struct blob_arguments *arguments)
{
	return compel_syscall4(__NR_rt_sigprocmask, 0, 0, &arguments->mask, 8);
}

static long do_many(struct blob_arguments *arguments)
{
	for (int n = 0; n < arguments->count; n++)
		compel_syscall0(__NR_getppid);
	return arguments->count;
}

static long do_write(struct blob_arguments *arguments)
{
	return compel_syscall3(__NR_write, arguments->fd, arguments->text, strlen(arguments->text));
}

static long do_fault(void)
{
	volatile long *nowhere = (void *)-1L;

	__asm__("" : "+r"(nowhere));
	return *nowhere;
}

long entry(unsigned int command, void *argument)
{
	switch (command) {
	case BLOB_IDENTIFY:
		return do_identify(argument);
	case BLOB_CLOBBER:
		return do_clobber(argument);
	case BLOB_MASK:
		return do_mask(argument);
	case BLOB_MANY:
		return do_many(argument);
	case BLOB_WRITE:
		return do_write(argument);
	case BLOB_FAULT:
		return do_fault();
	}
	return -38;
}
