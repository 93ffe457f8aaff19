// SPDX-License-Identifier: LGPL-2.1-only
/* The words of the last failure. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "compel/src/internal.h"

static char last_error[512];

int compel_fail(int error, const char *format, ...)
{
	char text[sizeof(last_error)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	memcpy(last_error, text, sizeof(text));
	return error;
}

void compel_clear_error(void)
{
	last_error[0] = 0;
}

const char *compel_last_error(void)
{
	return last_error;
}

const char *compel_thread_name(const struct compel_thread *thread)
{
	static char name[64];
	pid_t pid = thread->process ? thread->process->pid : thread->tid;

	if (pid == thread->tid)
		snprintf(name, sizeof(name), "pid %d", pid);
	else
		snprintf(name, sizeof(name), "pid %d, thread %d", pid, thread->tid);
	return name;
}
