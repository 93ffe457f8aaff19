// SPDX-License-Identifier: GPL-2.0-only
/* Timers behind descriptors (timerfd_create(2)). Like other timers they keep the time that was left, so that time in
 * which the tree did not exist does not count; but those for a time of day (TFD_TIMER_ABSTIME by CLOCK_REALTIME) are due
 * at that time of day, and the expirations that it brought meanwhile are to be read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/unnamed.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#ifndef TFD_IOC_SET_TICKS
#define TFD_IOC_SET_TICKS _IOW('T', 0, uint64_t)
#endif

#define NSEC 1000000000ULL
/* What does not fit into signed 64 bits of nanoseconds is "never" for the kernel (include/linux/ktime.h). */
#define SECONDS_MAX (INT64_MAX / NSEC)
#define KNOWN_SETTIME_FLAGS (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)

struct timer {
	int clock;
	uint32_t settime_flags;
	uint64_t ticks;
	unsigned long long value_sec, value_nsec; /* that is left; nothing: disarmed or expired */
	unsigned long long interval_sec, interval_nsec;
};

static bool timerfd_matches(const struct fd_info *fd)
{
	return strcmp(fd->link, "anon_inode:[timerfd]") == 0;
}

/* fs/timerfd.c, timerfd_show() */
static int take_line(void *context, const char *key, const char *value)
{
	struct timer *timer = context;

	if (strcmp(key, "clockid") == 0)
		timer->clock = atoi(value);
	else if (strcmp(key, "ticks") == 0)
		timer->ticks = strtoull(value, NULL, 10);
	else if (strcmp(key, "settime flags") == 0)
		timer->settime_flags = (uint32_t)strtoul(value, NULL, 8);
	else if (strcmp(key, "it_value") == 0)
		return sscanf(value, "(%llu, %llu)", &timer->value_sec, &timer->value_nsec) == 2 ? 0 : -EINVAL;
	else if (strcmp(key, "it_interval") == 0)
		return sscanf(value, "(%llu, %llu)", &timer->interval_sec, &timer->interval_nsec) == 2 ? 0 : -EINVAL;
	return 0;
}

static bool has_value(const struct timer *timer)
{
	return timer->value_sec || timer->value_nsec;
}

static bool is_periodic(const struct timer *timer)
{
	return timer->interval_sec || timer->interval_nsec;
}

static clockid_t readable_clock(uint32_t clock)
{
	if (clock == CLOCK_REALTIME_ALARM)
		return CLOCK_REALTIME;
	return clock == CLOCK_BOOTTIME_ALARM ? CLOCK_BOOTTIME : (clockid_t)clock;
}

static uint64_t nanoseconds(uint64_t seconds, uint64_t rest)
{
	return MIN(seconds * NSEC + rest, (uint64_t)INT64_MAX);
}

static uint64_t time_now(uint32_t clock)
{
	struct timespec now = { 0 };

	clock_gettime(readable_clock(clock), &now);
	return nanoseconds((uint64_t)now.tv_sec, (uint64_t)now.tv_nsec);
}

/* --- dump --- */

static int read_once(const struct fd_info *fd, struct timer *ret_timer)
{
	struct proc_fdinfo common;

	*ret_timer = (struct timer){ 0 };
	return proc_read_fdinfo(fd->task->proc_fd, fd->fd, take_line, ret_timer, &common);
}

/* The time that is left is read before the ticks, and it may expire in between: then it is in both. */
static int read_timer(const struct fd_info *fd, struct timer *ret_timer)
{
	int ret = read_once(fd, ret_timer);

	if (ret == 0 && ret_timer->ticks && has_value(ret_timer))
		ret = read_once(fd, ret_timer);
	return ret;
}

/* A periodic timer that has expired rests until it is looked at, and tells neither how often nor when it expires
 * next. To be asked for the time that is left makes it count and go on. */
static int bring_up_to_date(const struct fd_info *fd, struct timer *timer)
{
	_cleanup_close_ int duplicate = -EBADF;
	struct itimerspec left;
	int ret = fd_duplicate(fd, &duplicate);

	if (ret < 0)
		return ret;
	if (timerfd_gettime(duplicate, &left) < 0)
		return -errno;
	return read_timer(fd, timer);
}

static int timerfd_survey(struct dump *dump, const struct fd_info *fd)
{
	struct timer timer;
	int ret = read_timer(fd, &timer);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot read its timer", fd->task->pid, fd_describe(dump, fd));
	/* Ticks of a timer that has not expired: it was cancelled, and nothing can make that happen again. */
	if (timer.settime_flags & TFD_TIMER_CANCEL_ON_SET && timer.ticks && has_value(&timer))
		dump_refuse(dump, fd->task,
			    "%s: the clock was set (TFD_TIMER_CANCEL_ON_SET), and nobody has read of it yet; read or "
			    "close it before the dump",
			    fd_describe(dump, fd));
	return fd_owner_survey(dump, fd);
}

static void keep_time_of_day(TimerfdEntry *entry)
{
	uint64_t due;

	if (!(entry->settime_flags & TFD_TIMER_ABSTIME) || readable_clock(entry->clockid) != CLOCK_REALTIME ||
	    (!entry->vsec && !entry->vnsec))
		return;
	due = time_now(CLOCK_REALTIME) + nanoseconds(entry->vsec, entry->vnsec);
	if (due > INT64_MAX)
		return;
	entry->has_due_sec = entry->has_due_nsec = 1;
	entry->due_sec = due / NSEC;
	entry->due_nsec = due % NSEC;
}

static int timerfd_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	TimerfdEntry *entry = arena_new(&dump->arena, TimerfdEntry);
	struct timer timer;
	int ret = read_timer(fd, &timer);

	if (ret == 0 && timer.ticks && is_periodic(&timer) && !has_value(&timer))
		ret = bring_up_to_date(fd, &timer);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot read its timer", fd->task->pid, fd_describe(dump, fd));
	timerfd_entry__init(entry);
	entry->id = record->id;
	entry->flags = fd->flags;
	entry->clockid = (uint32_t)timer.clock;
	entry->ticks = timer.ticks;
	entry->settime_flags = timer.settime_flags;
	entry->vsec = timer.value_sec;
	entry->vnsec = timer.value_nsec;
	entry->isec = timer.interval_sec;
	entry->insec = timer.interval_nsec;
	keep_time_of_day(entry);
	entry->fown = fd_owner_dump(dump, fd);
	record->tfd = entry;
	return 0;
}

/* --- restore --- */

static bool is_possible(const TimerfdEntry *entry)
{
	switch (entry->clockid) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		break;
	default:
		return false;
	}
	return unnamed_flags_possible(entry->flags) && !(entry->settime_flags & ~(uint32_t)KNOWN_SETTIME_FLAGS) &&
	       entry->vsec <= SECONDS_MAX && entry->isec <= SECONDS_MAX && entry->due_sec <= SECONDS_MAX &&
	       entry->vnsec < NSEC && entry->insec < NSEC && entry->due_nsec < NSEC;
}

/* Alarms, which wake the machine up, are not for everybody. */
static int timerfd_load(struct restore *restore, struct file *file)
{
	const TimerfdEntry *entry = file->record->tfd;
	_cleanup_close_ int fd = -EBADF;

	if (!entry || !is_possible(entry))
		return log_fail(-EBADMSG, "files.img: file %u is no proper timer", file->id);
	fd = timerfd_create((clockid_t)entry->clockid, TFD_CLOEXEC);
	if (fd < 0 && errno == EPERM)
		restore_refuse(restore, NULL, "file %u: timers that wake the machine up need CAP_WAKE_ALARM",
			       file->id);
	else if (fd < 0)
		restore_refuse(restore, NULL, "file %u: this kernel has no timers by clock %u", file->id,
			       entry->clockid);
	return 0;
}

static int timerfd_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const TimerfdEntry *entry = file->record->tfd;
	_cleanup_close_ int fd = timerfd_create((clockid_t)entry->clockid, TFD_CLOEXEC);
	int ret;

	if (fd < 0)
		return log_errno(errno, "file %u: cannot make a timer", file->id);
	ret = unnamed_set_flags(fd, entry->flags);
	if (ret < 0)
		return log_errno(ret, "file %u: cannot set the flags of a timer", file->id);
	*ret_fd = steal_fd(&fd);
	return 0;
}

struct plan {
	uint64_t rest, interval, ticks; /* nanoseconds; rest 0: disarmed */
};

/* It has expired while nobody was there, perhaps more than once. */
static void catch_up(const TimerfdEntry *entry, struct plan *plan)
{
	uint64_t now = time_now(CLOCK_REALTIME), due = nanoseconds(entry->due_sec, entry->due_nsec);

	if (due > now) {
		plan->rest = due - now;
	} else if (plan->interval) {
		uint64_t late = now - due;

		plan->ticks += late / plan->interval + 1;
		plan->rest = plan->interval - late % plan->interval;
	} else {
		plan->rest = 1;
	}
}

static struct plan make_plan(const TimerfdEntry *entry)
{
	struct plan plan = {
		.rest = nanoseconds(entry->vsec, entry->vnsec),
		.interval = nanoseconds(entry->isec, entry->insec),
		.ticks = entry->ticks,
	};

	if (entry->has_due_sec && plan.rest)
		catch_up(entry, &plan);
	/* Images of others: a periodic timer that has expired and rests. */
	else if (!plan.rest && plan.ticks)
		plan.rest = plan.interval;
	return plan;
}

static struct timespec to_timespec(uint64_t time)
{
	return (struct timespec){ .tv_sec = (time_t)(time / NSEC), .tv_nsec = (long)(time % NSEC) };
}

static int set_time(int fd, const TimerfdEntry *entry, const struct plan *plan, uint64_t now)
{
	bool absolute = entry->settime_flags & TFD_TIMER_ABSTIME && plan->rest;
	struct itimerspec wanted = {
		.it_value = to_timespec(absolute ? MIN(now + plan->rest, (uint64_t)INT64_MAX) : plan->rest),
		.it_interval = to_timespec(plan->interval),
	};

	/* Cancelled by who sets the clock just now: it is armed all the same (timerfd_settime(2)). */
	if (timerfd_settime(fd, (int)entry->settime_flags, &wanted, NULL) < 0 && errno != ECANCELED)
		return -errno;
	return 0;
}

/* Ticks are what is set last, which loses the one of a timer that expires before: then again, with more time. */
static int arm(int fd, const TimerfdEntry *entry, struct plan plan)
{
	for (;; plan.rest *= 2) {
		uint64_t start = time_now(entry->clockid);
		int ret = set_time(fd, entry, &plan, start);

		if (ret < 0 || !plan.ticks)
			return ret;
		if (ioctl(fd, TFD_IOC_SET_TICKS, &plan.ticks) < 0)
			return -errno;
		if (!plan.rest || time_now(entry->clockid) - start < plan.rest)
			return 0;
	}
}

/* Late, so that little time passes until its users run. */
static int timerfd_finish(struct restore *restore, struct file *file)
{
	const TimerfdEntry *entry = file->record->tfd;
	int ret = arm(file->fd, entry, make_plan(entry));

	return ret < 0 ? log_errno(ret, "file %u: cannot set a timer", file->id) : 0;
}

static int timerfd_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->tfd->fown, file->record->tfd->flags);
}

const struct fd_kind timerfd_kind = {
	.name = "timerfd",
	.type = FD_TYPES__TIMERFD,
	.matches = timerfd_matches,
	.survey = timerfd_survey,
	.dump = timerfd_dump,
	.load = timerfd_load,
	.open = timerfd_open,
	.finish = timerfd_finish,
	.attach = timerfd_attach,
};
