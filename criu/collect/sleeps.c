// SPDX-License-Identifier: GPL-2.0-only
/* How much is left of system calls with a time-out. The kernel keeps the moment at which they end to itself, in the
 * restart block of the thread. Some write the rest into the memory of the task. For the others threads go on sleeping
 * for a moment: then their timers are in /proc/timer_list, and gone when they are stopped again.
 *
 * The list does not say whose timer it is. So threads sleep in rounds: first all, then none, then for each bit of their
 * numbers those with the bit set and those with it clear. A timer that was there in just the rounds of one thread, with
 * the same expiry to the nanosecond, is its own. */
#include "criu/collect/sleeps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <compel/compel.h>

#include "criu/arch/arch.h"
#include "criu/collect/waits.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/status.h"
#include "criu/kernel/proc/timer-list.h"
#include "criu/model/dump.h"
#include "criu/objects/shortened-call.h"
#include "criu/objects/timed-call.h"
#include "criu/util/cleanup.h"
#include "criu/util/clock.h"
#include "criu/util/log.h"

#define ROUND_ALL 0
#define ROUND_NONE 1
#define ROUNDS_BEFORE_BITS 2
#define ROUNDS_MAX 64

struct sleeper {
	struct task *task;
	struct thread *thread;
	bool awake; /* the call has ended meanwhile, or has no limit */
	uint64_t limit;
};

struct seen {
	struct proc_sleep timer;
	uint64_t rounds; /* bit n: it was there in round n */
};

struct sleepers {
	struct sleeper *items;
	unsigned int count, rounds;
	struct seen *seen; /* those of ROUND_ALL */
	size_t nr_seen;
	bool unreadable;
};

static bool sleeps_in(unsigned int number, unsigned int round)
{
	unsigned int bit = (round - ROUNDS_BEFORE_BITS) / 2;

	if (round < ROUNDS_BEFORE_BITS)
		return round == ROUND_ALL;
	return (number >> bit & 1) == (round % 2 == 0);
}

/* --- which threads ---------------------------------------------------------------------------------------------- */

static void find_rest(struct sleeper *sleeper)
{
	struct thread *thread = sleeper->thread;
	const struct compel_registers *registers = &thread->compel->registers;

	if (!thread->call_number)
		return;
	if (!timed_call_limit(sleeper->task->compel, registers, thread->call_number, &sleeper->limit))
		sleeper->awake = true;
	else
		thread->has_call_rest = timed_call_rest(sleeper->task->compel, registers, thread->call_number,
							&thread->call_rest);
}

/* Code that cannot be read is no system call. */
static void read_code(const struct task *task, const struct compel_registers *registers, struct arch_code *ret)
{
	uint64_t ip = compel_ip(registers), at = arch_return_address(registers);
	uint32_t to = 0;

	if (compel_read(task->compel, ip - sizeof(ret->before_ip), ret->before_ip, sizeof(ret->before_ip)) < 0)
		log_debug("task %d: no code before %#lx", task->pid, (unsigned long)ip);
	if (at && compel_read(task->compel, at, &to, sizeof(to)) == 0 &&
	    compel_read(task->compel, to - sizeof(ret->before_return), ret->before_return,
			sizeof(ret->before_return)) < 0)
		log_debug("task %d: no code before %#x, to which it returns", task->pid, to);
}

static bool is_at_restart(const struct compel_registers *registers)
{
	return compel_syscall_number(registers) == arch_restart_call(registers);
}

static long number_of(const struct task *task, const struct compel_registers *registers)
{
	struct arch_code code = {};
	long number = compel_syscall_number(registers);

	if (!is_at_restart(registers))
		return number;
	read_code(task, registers, &code);
	return arch_number_from_code(registers, &code, &number) ? number : 0;
}

/* A signal that waits would be delivered, were the thread to go on. */
static bool has_signal(const struct thread *thread)
{
	return (thread->status->sig_pending | thread->status->sig_shared_pending) & ~thread->compel->blocked;
}

static void find_rest_of_anew(struct dump *dump, struct task *task, struct thread *thread, uint64_t limit)
{
	const struct compel_registers *registers = &thread->compel->registers;
	_cleanup_close_ int fd = proc_open_thread(task->proc_fd, thread->tid);
	uint64_t elapsed;

	thread->has_call_rest = fd >= 0 && waits_elapsed(dump->waits, thread->tid, fd, registers, &elapsed);
	if (!thread->has_call_rest) {
		log_warn("task %d: thread %d: its system call %ld begins anew: it will end up to %.3f s late",
			 task->pid, thread->tid, compel_syscall_number(registers), limit / 1e9);
		return;
	}
	thread->call_rest = limit > elapsed ? limit - elapsed : 0;
	log_debug("thread %d: system call %ld: %.6f s of %.3f s are left", thread->tid,
		  compel_syscall_number(registers), thread->call_rest / 1e9, limit / 1e9);
}

static bool is_sleeper(struct dump *dump, struct task *task, struct thread *thread, struct sleeper *ret)
{
	const struct compel_registers *registers;
	uint64_t limit;

	if (!thread->compel || thread->compel->dead)
		return false;
	registers = &thread->compel->registers;
	if (is_at_restart(registers))
		thread->call_number = number_of(task, registers);
	if (compel_result(registers) < 0 && timed_call_anew(task->compel, registers, &limit))
		find_rest_of_anew(dump, task, thread, limit);
	if (compel_result(registers) != COMPEL_RESTART_BLOCK || compel_syscall_number(registers) < 0)
		return false;
	*ret = (struct sleeper){ .task = task, .thread = thread, .limit = UINT64_MAX };
	thread->call_number = number_of(task, registers);
	find_rest(ret);
	return !thread->has_call_rest && !ret->awake;
}

static int list_sleepers(struct dump *dump, struct sleepers *sleepers)
{
	struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link) {
		for (unsigned int i = 0; task->state != TASK_DEAD && i < task->nr_threads; i++) {
			struct sleeper *items, sleeper;

			if (!is_sleeper(dump, task, &task->threads[i], &sleeper))
				continue;
			items = reallocarray(sleepers->items, sleepers->count + 1, sizeof(*items));
			if (!items)
				return log_errno(ENOMEM, "sleeping threads");
			items[sleepers->count++] = sleeper;
			sleepers->items = items;
		}
	}
	return 0;
}

/* --- rounds ------------------------------------------------------------------------------------------------------ */

static void find_call(struct sleeper *sleeper)
{
	_cleanup_close_ int fd = proc_open_thread(sleeper->task->proc_fd, sleeper->thread->tid);
	_cleanup_free_ char *wchan = NULL;
	size_t size;

	if (sleeper->thread->call_number || fd < 0 ||
	    proc_read_file(fd, "wchan", PROC_SMALL_FILE_MAX, &wchan, &size) < 0)
		return;
	sleeper->thread->call_number = timed_call_by_place(wchan, &sleeper->thread->compel->registers);
	log_debug("thread %d: sleeps in '%s', system call %ld", sleeper->thread->tid, wchan,
		  sleeper->thread->call_number);
}

static int let_sleep(struct sleepers *sleepers, unsigned int round)
{
	for (unsigned int i = 0; i < sleepers->count; i++) {
		struct sleeper *sleeper = &sleepers->items[i];
		int result;

		if (sleeper->awake || !sleeps_in(i, round))
			continue;
		result = compel_resume_sleep(sleeper->thread->compel);
		if (result < 0)
			return log_fail(result, "task %d: %s", sleeper->task->pid, compel_last_error());
		sleeper->awake = !result;
		if (result && round == ROUND_ALL)
			find_call(sleeper);
	}
	return 0;
}

static int stop_all(struct sleepers *sleepers)
{
	int error = 0;

	for (unsigned int i = 0; i < sleepers->count; i++) {
		struct sleeper *sleeper = &sleepers->items[i];
		int result = compel_stop_sleep(sleeper->thread->compel);

		if (compel_result(&sleeper->thread->compel->registers) != COMPEL_RESTART_BLOCK)
			sleeper->awake = true;
		if (result < 0 && !error)
			error = log_fail(result, "task %d: %s", sleeper->task->pid, compel_last_error());
	}
	return error;
}

static int begin_seen(struct sleepers *sleepers, const struct proc_sleeps *list)
{
	sleepers->seen = calloc(list->count + 1, sizeof(*sleepers->seen));
	if (!sleepers->seen)
		return log_errno(ENOMEM, "list of timers");
	for (size_t i = 0; i < list->count; i++)
		sleepers->seen[i].timer = list->items[i];
	sleepers->nr_seen = list->count;
	return 0;
}

static int look(struct sleepers *sleepers, unsigned int round)
{
	_cleanup_proc_sleeps_ struct proc_sleeps list = {};
	int error = proc_read_timer_list(&list);

	sleepers->unreadable = error < 0;
	if (error < 0) {
		log_debug("/proc/timer_list cannot be read: %s", strerror(-error));
		return 0;
	}
	error = round == ROUND_ALL ? begin_seen(sleepers, &list) : 0;
	for (size_t i = 0; !error && i < sleepers->nr_seen; i++)
		for (size_t j = 0; j < list.count; j++)
			if (sleepers->seen[i].timer.expires == list.items[j].expires)
				sleepers->seen[i].rounds |= 1ULL << round;
	return error;
}

static int run_rounds(struct sleepers *sleepers)
{
	unsigned int bits = 1;

	while (sleepers->count > 1U << bits)
		bits++;
	sleepers->rounds = ROUNDS_BEFORE_BITS + 2 * bits;
	for (unsigned int round = 0; round < sleepers->rounds && !sleepers->unreadable; round++) {
		int error = let_sleep(sleepers, round), stop_error;

		if (!error)
			error = look(sleepers, round);
		stop_error = stop_all(sleepers);
		if (error < 0 || stop_error < 0)
			return error < 0 ? error : stop_error;
	}
	return 0;
}

/* --- what came out ------------------------------------------------------------------------------------------------ */

static void decide(const struct sleepers *sleepers, unsigned int number)
{
	struct sleeper *sleeper = &sleepers->items[number];
	const struct seen *found = NULL;
	uint64_t rounds = 0;
	unsigned int matches = 0;

	for (unsigned int round = 0; round < sleepers->rounds; round++)
		rounds |= (uint64_t)sleeps_in(number, round) << round;
	for (size_t i = 0; !sleepers->unreadable && i < sleepers->nr_seen; i++)
		if (sleepers->seen[i].rounds == rounds) {
			found = &sleepers->seen[i];
			matches++;
		}
	if (matches != 1 || (found->timer.left > 0 && (uint64_t)found->timer.left > sleeper->limit))
		return;
	sleeper->thread->has_call_rest = true;
	sleeper->thread->call_rest = found->timer.left > 0 ? found->timer.left : 0;
}

static void conclude(const struct sleepers *sleepers, unsigned int number)
{
	struct sleeper *sleeper = &sleepers->items[number];
	struct thread *thread = sleeper->thread;

	if (sleeper->awake)
		return;
	find_rest(sleeper);
	if (thread->has_call_rest || sleeper->awake)
		return;
	if (thread->call_number)
		decide(sleepers, number);
	if (!thread->call_number)
		log_warn("task %d: thread %d: which system call it sleeps in cannot be told: it will be interrupted",
			 sleeper->task->pid, thread->tid);
	else if (!thread->has_call_rest)
		log_warn("task %d: thread %d: how much is left of its system call %ld cannot be told: it will end "
			 "up to %.3f s late",
			 sleeper->task->pid, thread->tid, thread->call_number, sleeper->limit / 1e9);
}

/* Who is not to run, not even a little, keeps what is known without. */
static void leave_out_signalled(struct sleepers *sleepers)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < sleepers->count; i++) {
		const struct sleeper *sleeper = &sleepers->items[i];

		if (sleeper->task->state == TASK_ALIVE && !has_signal(sleeper->thread))
			sleepers->items[kept++] = *sleeper;
		else
			log_warn("task %d: thread %d: how much is left of its system call %ld cannot be told while it "
				 "is stopped or has signals to handle",
				 sleeper->task->pid, sleeper->thread->tid, sleeper->thread->call_number);
	}
	sleepers->count = kept;
}

int collect_sleeps(struct dump *dump)
{
	struct sleepers sleepers = {};
	int error = list_sleepers(dump, &sleepers);

	if (!error)
		leave_out_signalled(&sleepers);
	if (!error && sleepers.count)
		error = run_rounds(&sleepers);
	for (unsigned int i = 0; !error && i < sleepers.count; i++)
		conclude(&sleepers, i);
	free(sleepers.items);
	free(sleepers.seen);
	return error;
}

/* Those of other calls are with the kernel. */
static bool is_made_anew(const struct thread *thread)
{
	const struct compel_registers *registers = thread->compel ? &thread->compel->registers : NULL;

	return thread->has_call_rest && registers && !compel_is_compat(registers) &&
	       timed_call_is_made_anew(compel_syscall_number(registers));
}

static void resume_anew(const struct dump *dump, struct task *task, struct thread *thread)
{
	struct compel_registers registers = thread->compel->registers;
	uint64_t end = dump->frozen_since * 1000 + thread->call_rest, now = clock_usec() * 1000;
	uint64_t rest = end > now ? end - now : 0;
	long number = compel_syscall_number(&registers);

	if (thread->compel->dead)
		return;
	if (!shortened_call(task->compel, &registers, arch_call_address(&registers), number, rest) ||
	    compel_change_word(thread->compel, &registers) < 0)
		log_debug("thread %d: its system call %ld begins anew", thread->tid, number);
}

void collect_resume_sleeps(struct dump *dump)
{
	struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		for (unsigned int i = 0; i < task->nr_threads; i++)
			if (is_made_anew(&task->threads[i]))
				resume_anew(dump, task, &task->threads[i]);
}
