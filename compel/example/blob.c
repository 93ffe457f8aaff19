// SPDX-License-Identifier: LGPL-2.1-only
/* The injected side of the example: its entry() runs inside the target, without libc. */
#include <compel/blob/entry.h>
#include <compel/blob/string.h>
#include <compel/blob/syscall.h>

#include "compel/example/message.h"

static long say_where(struct message *message)
{
	long length = compel_syscall2(__NR_getcwd, message->text, sizeof(message->text));

	message->pid = (int)compel_syscall0(__NR_getpid);
	return length < 0 ? length : (long)strlen(message->text);
}

static long write_text(const struct message *message)
{
	return compel_syscall3(__NR_write, message->fd, message->text, strlen(message->text));
}

long entry(unsigned int command, void *argument)
{
	if (command == SAY_WHERE)
		return say_where(argument);
	if (command == WRITE_TEXT)
		return write_text(argument);
	return -22; /* EINVAL */
}
