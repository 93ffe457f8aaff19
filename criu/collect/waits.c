// SPDX-License-Identifier: GPL-2.0-only
/* Since when threads wait in system calls which a stop makes begin anew. The kernel has the end of such a wait on the
 * stack of the thread, and nobody else; but it tells when the thread last ran (/proc/TID/sched), by the clock of the
 * processor which it was on. That was when the call began, or later, if the thread woke in it: what is left comes out too
 * long rather than too short.
 *
 * A thread that woke up after the look and sleeps in the same call again has waited less than that. It has left a
 * processor by itself once more than for the stop, then. Not told is a thread that does all of this but the last step, the
 * sleep, in the moment between the look and the request to stop: so the look ends with what says that it sleeps. */
#include "criu/collect/waits.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include <compel/compel.h>

#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/sched.h"
#include "criu/kernel/proc/stat.h"
#include "criu/objects/timed-call.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* The clocks of processors go by the hardware, CLOCK_MONOTONIC is steered: by up to 500 in a million (adjtimex(2)). */
#define STEERING 1000

struct wait {
	pid_t tid;
	int processor;
	uint64_t seen; /* CLOCK_MONOTONIC */
	struct proc_syscall call;
	struct proc_sched sched;
};

struct processor {
	int number;
	bool known;
	uint64_t ahead; /* CLOCK_MONOTONIC minus its clock, which lacks what interrupts took; may be "negative" */
};

struct waits {
	struct wait *items;
	unsigned int count, room;
	bool sorted, nobody_tells;
	struct processor *processors;
	unsigned int nr_processors;
};

static uint64_t monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NANOSECONDS + now.tv_nsec;
}

struct waits *waits_new(void)
{
	return calloc(1, sizeof(struct waits));
}

void waits_free(struct waits *waits)
{
	if (!waits)
		return;
	free(waits->items);
	free(waits->processors);
	free(waits);
}

static struct wait *append(struct waits *waits)
{
	unsigned int room = waits->room ? waits->room * 2 : 16;
	struct wait *items = waits->items;

	if (waits->count == waits->room) {
		items = reallocarray(items, room, sizeof(*items));
		if (!items)
			return NULL;
		waits->items = items;
		waits->room = room;
	}
	return &items[waits->count++];
}

void waits_look(void *argument, pid_t tid)
{
	struct waits *waits = argument;
	struct wait wait = { .tid = tid }, *item;
	_cleanup_close_ int fd = -EBADF;
	struct proc_stat stat;

	/* Most are in none of those calls. */
	if (!waits || waits->nobody_tells || proc_read_syscall(tid, &wait.call) < 0 ||
	    !timed_call_is_made_anew(wait.call.number))
		return;
	wait.seen = monotonic();
	fd = proc_open_task(tid);
	if (fd < 0)
		return;
	waits->nobody_tells = proc_read_sched(fd, &wait.sched) == -ENOENT;
	if (!wait.sched.exec_start || proc_read_stat(fd, &stat) < 0 || proc_read_syscall(tid, &wait.call) < 0)
		return;
	wait.processor = stat.processor;
	item = append(waits);
	if (item)
		*item = wait;
}

/* --- clocks of processors ----------------------------------------------------------------------------------------- */

/* Of one that has just begun to run there the time is now. */
static bool compare_clocks(int self, struct processor *processor)
{
	const struct timespec moment = { .tv_nsec = 1 };
	struct proc_sched sched;
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(processor->number, &here);
	if (sched_setaffinity(0, sizeof(here), &here) || clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL) ||
	    proc_read_sched(self, &sched) < 0)
		return false;
	processor->ahead = monotonic() - sched.exec_start;
	return true;
}

static struct processor *find_processor(struct waits *waits, int number)
{
	struct processor *processors;

	for (unsigned int i = 0; i < waits->nr_processors; i++)
		if (waits->processors[i].number == number)
			return &waits->processors[i];
	processors = reallocarray(waits->processors, waits->nr_processors + 1, sizeof(*processors));
	if (!processors)
		return NULL;
	waits->processors = processors;
	processors[waits->nr_processors] = (struct processor){ .number = number };
	return &processors[waits->nr_processors++];
}

static bool look_at_processor(struct waits *waits, int number, uint64_t *ret_ahead)
{
	unsigned int before = waits->nr_processors;
	struct processor *processor = number >= 0 && number < CPU_SETSIZE ? find_processor(waits, number) : NULL;
	_cleanup_close_ int self = -1;
	cpu_set_t all;

	if (processor && before != waits->nr_processors && !sched_getaffinity(0, sizeof(all), &all)) {
		self = proc_open_task(gettid());
		processor->known = self >= 0 && compare_clocks(self, processor);
		if (sched_setaffinity(0, sizeof(all), &all))
			log_debug("processors for criu: not as before");
	}
	if (!processor || !processor->known)
		return false;
	*ret_ahead = processor->ahead;
	return true;
}

/* ------------------------------------------------------------------------------------------------------------------ */

static int compare(const void *one, const void *other)
{
	pid_t a = ((const struct wait *)one)->tid, b = ((const struct wait *)other)->tid;

	return (a > b) - (a < b);
}

/* One that began to be traced under its old number before an execve() may have been looked at twice. */
static const struct wait *find(struct waits *waits, pid_t tid)
{
	struct wait key = { .tid = tid };

	if (!waits || !waits->count)
		return NULL;
	if (!waits->sorted)
		qsort(waits->items, waits->count, sizeof(key), compare);
	waits->sorted = true;
	return bsearch(&key, waits->items, waits->count, sizeof(key), compare);
}

bool waits_elapsed(struct waits *waits, pid_t tid, int fd, const struct compel_registers *registers, uint64_t *ret)
{
	const struct wait *wait = find(waits, tid);
	struct proc_sched sched;
	uint64_t ahead, elapsed;

	if (!wait || compel_is_compat(registers) || wait->call.number != compel_syscall_number(registers) ||
	    wait->call.sp != compel_sp(registers) || wait->call.ip != compel_ip(registers))
		return false;
	for (unsigned int n = 0; n < 6; n++)
		if (wait->call.arguments[n] != compel_syscall_argument(registers, n))
			return false;
	if (proc_read_sched(fd, &sched) < 0 || sched.sleeps != wait->sched.sleeps + 1 ||
	    !look_at_processor(waits, wait->processor, &ahead))
		return false;
	elapsed = wait->seen - (wait->sched.exec_start + ahead);
	if ((int64_t)elapsed <= 0)
		return false;
	*ret = elapsed - elapsed / STEERING;
	return true;
}
