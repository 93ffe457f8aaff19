// SPDX-License-Identifier: GPL-2.0-only
/* The log: levels, time stamps, the file, and the first error. */
#include "criu/util/log.h"

#include <bsd/string.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum log_level log_level = LOG_LEVEL_WARN;
static int log_fd = -EBADF;
static char log_prefix[LOG_PREFIX_SIZE];
static char first_error[1024];

void log_set_level(enum log_level level)
{
	log_level = level;
}

enum log_level log_get_level(void)
{
	return log_level;
}

int log_open_fd(int fd)
{
	log_close();
	log_fd = fd;
	return 0;
}

int log_open(int dir_fd, const char *path)
{
	int fd = !strcmp(path, "-") ? dup(STDOUT_FILENO) :
				      openat(dir_fd, path, O_CREAT | O_TRUNC | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : log_open_fd(fd);
}

int log_get_fd(void)
{
	return log_fd >= 0 ? log_fd : STDERR_FILENO;
}

void log_close(void)
{
	if (log_fd >= 0)
		close(log_fd);
	log_fd = -EBADF;
}

void log_set_prefix(const char *prefix)
{
	snprintf(log_prefix, sizeof(log_prefix), "%s", prefix);
}

const char *log_first_error(void)
{
	return first_error;
}

void log_forget_error(void)
{
	first_error[0] = '\0';
}

void log_adopt_error(const char *text)
{
	if (!first_error[0])
		strlcpy(first_error, text, sizeof(first_error));
}

void log_write(enum log_level level, const char *file, int line, int error, const char *format, ...)
{
	char text[4096];
	size_t used = 0, mark;
	va_list args;

	if (level > log_level && level != LOG_LEVEL_ERROR)
		return;

#define APPEND(...)                                                                                    \
	do {                                                                                           \
		int added_ = snprintf(text + used, sizeof(text) - used, __VA_ARGS__);                  \
		used = added_ < 0 ? used : (size_t)added_ >= sizeof(text) - used ? sizeof(text) - 1 : used + added_; \
	} while (0)
	if (log_level >= LOG_LEVEL_INFO) {
		static struct timespec start;
		struct timespec now;
		long usec;

		clock_gettime(CLOCK_MONOTONIC, &now);
		if (!start.tv_sec)
			start = now;
		usec = (now.tv_sec - start.tv_sec) * 1000000L + (now.tv_nsec - start.tv_nsec) / 1000;
		APPEND("(%02ld.%06ld) ", usec / 1000000, usec % 1000000);
	}
	APPEND("%s", log_prefix);
	mark = used;
	if (level == LOG_LEVEL_ERROR)
		APPEND("Error (%s:%d): ", file, line);
	else if (level == LOG_LEVEL_WARN)
		APPEND("Warn  (%s:%d): ", file, line);
	va_start(args, format);
	{
		int added = vsnprintf(text + used, sizeof(text) - used, format, args);

		used = added < 0 ? used : (size_t)added >= sizeof(text) - used ? sizeof(text) - 1 : used + added;
	}
	va_end(args);
	if (error)
		APPEND(": %s", strerror(error < 0 ? -error : error));
#undef APPEND
	if (level == LOG_LEVEL_ERROR)
		log_adopt_error(text + mark);
	if (level > log_level)
		return;
	if (used > sizeof(text) - 2)
		used = sizeof(text) - 2;
	text[used++] = '\n';
	if (write(log_get_fd(), text, used) < 0)
		return;
}
