// SPDX-License-Identifier: GPL-2.0-only
/* Steps of the restorer that make timers and registrations for messages. They are armed last: little of what was left of them passes meanwhile. */
#include <asm/siginfo.h>
#include <errno.h>
#include <linux/prctl.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <stdbool.h>

#include "criu/blobs/restorer/internal.h"

#ifndef PR_TIMER_CREATE_RESTORE_IDS
#define PR_TIMER_CREATE_RESTORE_IDS 77
#endif
#define TIMER_ATTEMPTS (1 << 20)
#define SECOND 1000000000LL
#define INTERVAL_MAX 1000000000LL /* seconds, which do not overflow in nanoseconds */

long step_set_itimers(struct context *context)
{
	for (int which = 0; which < 3; which++) {
		const struct restorer_itimer *timer = &context->task->itimers[which];
		long error = 0;

		context->value = which;
		if (timer->value_sec || timer->value_usec)
			error = call(__NR_setitimer, which, timer, 0);
		if (error)
			return error;
	}
	return 0;
}

/* Closing any descriptor of its queue takes it back: all that are to go have gone. */
long step_set_notices(struct context *context)
{
	const struct restorer_notice *notices = at_offset(context, context->task->notices);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_notices; i++) {
		struct sigevent event = { .sigev_signo = notices[i].signal, .sigev_notify = notices[i].notify };

		event.sigev_value.sival_ptr = (void *)(uintptr_t)notices[i].value;
		if (notices[i].notify == SIGEV_THREAD)
			event.sigev_value.sival_ptr = (void *)notices[i].cookie;
		context->value = notices[i].fd;
		error = call(__NR_mq_notify, notices[i].fd, &event);
	}
	return error;
}

static void fill_event(const struct restorer_posix_timer *timer, struct sigevent *event)
{
	event->sigev_value.sival_ptr = (void *)(uintptr_t)timer->value;
	event->sigev_signo = timer->signal;
	event->sigev_notify = timer->notify;
	event->_sigev_un._tid = timer->notify_tid;
}

/* Kernels before 6.15 count ids on by themselves: make timers until the id comes. */
static long make_with_id(const struct restorer_posix_timer *timer, bool exact)
{
	struct sigevent event = {};

	fill_event(timer, &event);
	for (int i = 0; i < TIMER_ATTEMPTS; i++) {
		int id = timer->id;
		long error = call(__NR_timer_create, timer->clock, &event, &id);

		if (error || id == timer->id)
			return error;
		call(__NR_timer_delete, id);
		if (exact)
			return -EBUSY;
	}
	return -EBUSY;
}

/* Whether the kernel's clock goes far enough back, and which of its signals the leader could take. */
static bool can_repeat_overrun(const struct context *context, const struct restorer_posix_timer *timer,
			       int64_t now, int64_t *ret_expiry)
{
	int64_t interval = timer->interval_sec * SECOND + timer->interval_nsec, before;

	if (timer->overrun <= 0 || timer->clock < 0 || !interval || timer->interval_sec > INTERVAL_MAX ||
	    timer->value_sec > INTERVAL_MAX ||
	    (timer->notify != SIGEV_SIGNAL &&
	     (timer->notify != SIGEV_THREAD_ID || timer->notify_tid != context->thread->tid)))
		return false;
	if (__builtin_mul_overflow(interval, timer->overrun + 1LL, &before))
		return false;
	*ret_expiry = now + timer->value_sec * SECOND + timer->value_nsec - before;
	return *ret_expiry > 0;
}

/* The overrun count is that of the last signal which was taken: the timer is set to have expired as often as it had, and
 * the signal is taken. It counts on from there, so it must not be armed again. Signals are blocked; what was pending is
 * queued later. */
static long repeat_overrun(const struct context *context, struct restorer_posix_timer *timer)
{
	struct itimerspec setting = { { timer->interval_sec, timer->interval_nsec }, {} };
	struct __kernel_timespec now, patience = { 1, 0 };
	uint64_t set = 1ULL << (timer->signal - 1);
	int64_t expiry;
	long error = call(__NR_clock_gettime, timer->clock, &now);

	if (error || !can_repeat_overrun(context, timer, now.tv_sec * SECOND + now.tv_nsec, &expiry))
		return 0;
	setting.it_value.tv_sec = expiry / SECOND;
	setting.it_value.tv_nsec = expiry % SECOND;
	error = call(__NR_timer_settime, timer->id, TIMER_ABSTIME, &setting, 0);
	if (error)
		return error;
	call(__NR_rt_sigtimedwait, &set, 0, &patience, sizeof(set));
	timer->value_sec = timer->value_nsec = 0;
	return 0;
}

long step_make_timers(struct context *context)
{
	struct restorer_posix_timer *timers = at_offset(context, context->task->timers);
	bool exact;
	long error = 0;

	if (!context->task->nr_timers)
		return 0;
	exact = !call(__NR_prctl, PR_TIMER_CREATE_RESTORE_IDS, 1, 0, 0, 0);
	/* The kernel lists the youngest first, and so do images. */
	for (uint32_t i = context->task->nr_timers; !error && i-- > 0;) {
		context->value = timers[i].id;
		error = make_with_id(&timers[i], exact);
		if (!error)
			error = repeat_overrun(context, &timers[i]);
	}
	if (exact)
		call(__NR_prctl, PR_TIMER_CREATE_RESTORE_IDS, context->task->controls[CONTROL_timer_ids] == 1,
		     0, 0, 0);
	return error;
}

long step_arm_timers(struct context *context)
{
	const struct restorer_posix_timer *timers = at_offset(context, context->task->timers);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_timers; i++) {
		context->value = timers[i].id;
		if (timers[i].value_sec || timers[i].value_nsec)
			error = call(__NR_timer_settime, timers[i].id, 0, &timers[i].interval_sec, 0);
	}
	return error;
}
