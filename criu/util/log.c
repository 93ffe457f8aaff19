// SPDX-License-Identifier: GPL-2.0-only
/* The log: levels, time stamps, the file, and the first error. A line is one write to an O_APPEND descriptor, without
 * stdio, so that forked processes can share it. */
#include "criu/util/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "criu/util/cleanup.h"

#define HELD_SIZE 1024
#define FIRST_ERROR_SIZE 1024
#define LINE_SIZE 4096

enum { NO_ERROR, ERROR_BEING_WRITTEN, ERROR_COMPLETE };

struct first_error {
	atomic_int state;
	char text[FIRST_ERROR_SIZE];
};

static enum log_level log_level = LOG_LEVEL_WARN;
static int log_fd = -EBADF;
static char log_prefix[LOG_PREFIX_SIZE];
static struct timespec log_start;
static struct first_error own_first_error;
static struct first_error *first_error = &own_first_error;
static bool status_shown;

/* Lines from before the log was open. A forked process does not write those of its parent. */
static struct {
	pid_t owner; /* 0: lines are not held */
	size_t used;
	char text[HELD_SIZE];
} held;

void log_set_level(enum log_level level)
{
	log_level = level;
}

enum log_level log_get_level(void)
{
	return log_level;
}

static void write_all(int fd, const char *text, size_t size)
{
	ssize_t written;

	do {
		written = write(fd, text, size);
	} while (written < 0 && errno == EINTR);
}

void log_hold(void)
{
	clock_gettime(CLOCK_MONOTONIC, &log_start);
	held.owner = getpid();
	held.used = 0;
}

static void release_held_lines(int fd)
{
	if (held.owner && held.owner == getpid() && held.used)
		write_all(fd, held.text, held.used);
	held.owner = 0;
	held.used = 0;
}

int log_open_fd(int fd)
{
	if (fd < 0)
		return -EBADF;
	log_close();
	log_fd = fd;
	release_held_lines(fd);
	return 0;
}

int log_open(int dir_fd, const char *path)
{
	int fd;

	if (!path || !strcmp(path, "-"))
		fd = fcntl(path ? STDOUT_FILENO : STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		fd = openat(dir_fd, path, O_CREAT | O_TRUNC | O_APPEND | O_WRONLY | O_CLOEXEC | O_NOCTTY, 0600);
	return fd < 0 ? -errno : log_open_fd(fd);
}

int log_open_for_pid(int dir_fd, const char *path, pid_t pid)
{
	_cleanup_free_ char *name = NULL;

	if (asprintf(&name, "%s.%d", path, pid) < 0)
		return -ENOMEM;
	return log_open(dir_fd, name);
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

/* A log file may well be what stderr was redirected to. */
static bool is_log_on_stderr(void)
{
	struct stat log, standard;

	if (log_fd < 0)
		return true;
	return !fstat(log_fd, &log) && !fstat(STDERR_FILENO, &standard) && log.st_dev == standard.st_dev &&
	       log.st_ino == standard.st_ino;
}

void log_finish(bool failed)
{
	const char *cause = log_first_error();
	bool seen = is_log_on_stderr() && log_level >= LOG_LEVEL_ERROR;
	char line[FIRST_ERROR_SIZE + 1];

	log_show_status(NULL);
	release_held_lines(log_get_fd());
	if (failed && cause[0] && !seen) {
		int length = snprintf(line, FIRST_ERROR_SIZE, "%s", cause);

		line[length] = '\n';
		write_all(STDERR_FILENO, line, (size_t)length + 1);
	}
	log_close();
}

void log_write_heading(void)
{
	struct utsname system;

#ifdef GITID
	log_info("Version: " CRIU_VERSION " (gitid " GITID ")");
#else
	log_info("Version: " CRIU_VERSION " (gitid 0)");
#endif
	if (!uname(&system))
		log_info("Running on %s %s %s %s %s", system.nodename, system.sysname, system.release,
			 system.version, system.machine);
}

void log_set_prefix(const char *prefix)
{
	snprintf(log_prefix, sizeof(log_prefix), "%s", prefix);
}

const char *log_first_error(void)
{
	return atomic_load(&first_error->state) == ERROR_COMPLETE ? first_error->text : "";
}

void log_forget_error(void)
{
	atomic_store(&first_error->state, NO_ERROR);
}

void log_adopt_error(const char *text)
{
	int expected = NO_ERROR;

	if (!atomic_compare_exchange_strong(&first_error->state, &expected, ERROR_BEING_WRITTEN))
		return;
	snprintf(first_error->text, sizeof(first_error->text), "%s", text);
	atomic_store(&first_error->state, ERROR_COMPLETE);
}

/* A mapping that was shared before stays with the processes which were forked then. */
int log_share_first_error(void)
{
	struct first_error *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return -errno;
	if (first_error != &own_first_error)
		munmap(first_error, sizeof(*first_error));
	first_error = shared;
	return 0;
}

void log_show_status(const char *text)
{
	char line[256];
	int length;

	if (!text && !status_shown)
		return;
	length = snprintf(line, sizeof(line), "\r%s\033[K", text ?: "");
	if (length > 0)
		write_all(STDERR_FILENO, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
	status_shown = text;
}

struct line {
	size_t used;
	char text[LINE_SIZE];
};

static void line_append_arguments(struct line *line, const char *format, va_list arguments)
{
	size_t room = sizeof(line->text) - 1 - line->used; /* one byte for the newline */
	int length = vsnprintf(line->text + line->used, room, format, arguments);

	if (length > 0)
		line->used += (size_t)length < room ? (size_t)length : room - 1;
}

static __attribute__((format(printf, 2, 3))) void line_append(struct line *line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	line_append_arguments(line, format, arguments);
	va_end(arguments);
}

static void line_append_time(struct line *line)
{
	struct timespec now;
	long usec;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!log_start.tv_sec)
		log_start = now;
	usec = (now.tv_sec - log_start.tv_sec) * 1000000L + (now.tv_nsec - log_start.tv_nsec) / 1000;
	line_append(line, "(%02ld.%06ld) ", usec / 1000000, usec % 1000000);
}

/* Names of tasks and files are anything: they must not look like lines of their own or move the cursor. */
static void replace_control_characters(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = *text == '\t' ? ' ' : '?';
}

static void emit(struct line *line)
{
	line->text[line->used++] = '\n';
	if (log_fd < 0 && held.owner && held.owner == getpid() && line->used <= HELD_SIZE - held.used) {
		memcpy(held.text + held.used, line->text, line->used);
		held.used += line->used;
		return;
	}
	if (status_shown && is_log_on_stderr())
		log_show_status(NULL);
	write_all(log_get_fd(), line->text, line->used);
}

void log_write(enum log_level level, const char *file, int line_number, int error, const char *format, ...)
{
	int saved_errno = errno;
	struct line line = {};
	va_list arguments;
	size_t mark;

	if (level > log_level && level != LOG_LEVEL_ERROR)
		return;
	if (log_level >= LOG_LEVEL_INFO)
		line_append_time(&line);
	line_append(&line, "%s", log_prefix);
	mark = line.used;
	if (level == LOG_LEVEL_ERROR)
		line_append(&line, "Error (%s:%d): ", file, line_number);
	else if (level == LOG_LEVEL_WARN)
		line_append(&line, "Warn  (%s:%d): ", file, line_number);
	va_start(arguments, format);
	line_append_arguments(&line, format, arguments);
	va_end(arguments);
	if (error)
		line_append(&line, ": %s", strerror(error < 0 ? -error : error));
	replace_control_characters(line.text + mark);
	if (level == LOG_LEVEL_ERROR)
		log_adopt_error(line.text + mark);
	if (level <= log_level)
		emit(&line);
	errno = saved_errno;
}
