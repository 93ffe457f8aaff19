/* SPDX-License-Identifier: GPL-2.0-only */
/* Log lines as interface/cli.md 1.7 describes them, and the first error, kept for RPC and the last line. */
#ifndef CRIU_UTIL_LOG_H
#define CRIU_UTIL_LOG_H

#include <stdbool.h>
#include <sys/types.h>

enum log_level { LOG_LEVEL_NONE, LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

#define LOG_PREFIX_SIZE 64

void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* From here until the log is opened, lines are kept (1 KiB; what does not fit goes to stderr at once). */
void log_hold(void);
/* Directs the log to @path in directory @dir_fd; "-" is standard output, NULL standard error. Lines kept so far are
 * written first. An existing file is emptied and used again, never replaced. Returns 0 or -errno. */
int log_open(int dir_fd, const char *path);
/* The log of one task, "PATH.PID"; for the process that has just been forked. */
int log_open_for_pid(int dir_fd, const char *path, pid_t pid);
/* The same for a descriptor that the caller has opened; the log owns it from here on, also on failure. */
int log_open_fd(int fd);
int log_get_fd(void);
void log_close(void);
/* Writes lines that were kept and nobody took, then, if the run failed and stderr has not seen the cause, the cause
 * as one line on stderr; closes the log. */
void log_finish(bool failed);
/* First lines of a log, at info level: version and system. */
void log_write_heading(void);

/* Text that follows the time stamp of each line of this process ("PID: "); copied, cut at LOG_PREFIX_SIZE. */
void log_set_prefix(const char *prefix);

/* First error since log_forget_error(), of this process or one that shares its errors; "" when there was none.
 * Owned by the log. */
const char *log_first_error(void);
void log_forget_error(void);
/* Makes @text the first error unless there is one: how errors arrive that were not logged here. */
void log_adopt_error(const char *text);
/* Processes forked from here on have one first error together with this one. Returns 0 or -errno. */
int log_share_first_error(void);

/* Shows @text as last line of the terminal on stderr, in place of the one before; NULL takes it away. Log lines on
 * the same terminal push it down. For progress only. */
void log_show_status(const char *text);

void log_write(enum log_level level, const char *file, int line, int error, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#define LOG_FILE (__builtin_strrchr(__FILE__, '/') ? __builtin_strrchr(__FILE__, '/') + 1 : __FILE__)

/* Logs "Error (file.c:LINE): TEXT" and evaluates to @error: return log_fail(-EINVAL, ...); */
#define log_fail(error, ...) (log_write(LOG_LEVEL_ERROR, LOG_FILE, __LINE__, 0, __VA_ARGS__), (error))
/* The same with ": strerror(error)" at the end; @error may have either sign, the value is negative. */
#define log_errno(error, ...)                                                            \
	({                                                                               \
		int log_error_ = (error);                                                \
		log_error_ = log_error_ > 0 ? -log_error_ : log_error_;                  \
		log_write(LOG_LEVEL_ERROR, LOG_FILE, __LINE__, log_error_, __VA_ARGS__); \
		log_error_;                                                              \
	})
#define log_error(...) log_write(LOG_LEVEL_ERROR, LOG_FILE, __LINE__, 0, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, LOG_FILE, __LINE__, 0, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, LOG_FILE, __LINE__, 0, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, LOG_FILE, __LINE__, 0, __VA_ARGS__)

#endif
