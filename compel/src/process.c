// SPDX-License-Identifier: LGPL-2.1-only
/* One process: its threads seized and stopped, let go, or killed. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compel/src/internal.h"
#include "compel/src/proc.h"

#define NO_SLOT UINT32_MAX
/* PF_IO_WORKER of linux/sched.h: a thread by which the kernel does what an io_uring was asked for, in the process since
 * 5.12. It never runs code of the program, so nothing can be asked of it. */
#define FLAG_IO_WORKER 0x10

static int open_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

static int process_allocate(struct compel_ledger *ledger, pid_t pid, struct proc_stat *ret_stat,
			    struct compel_process **ret_process)
{
	struct compel_process *process = calloc(1, sizeof(*process));
	int error;

	if (!process)
		return compel_fail(-ENOMEM, "pid %d: no memory", pid);
	process->pid = pid;
	process->ledger = ledger;
	process->slot = NO_SLOT;
	process->mem_fd = -1;
	process->pidfd = open_pidfd(pid);
	error = process->pidfd < 0 ? process->pidfd : proc_read_stat(pid, ret_stat);
	if (error) {
		process_free(process);
		error = error == -EINVAL ? -ESRCH : error; /* a thread which is no leader */
		return compel_fail(error, "pid %d: %s", pid, strerror(-error));
	}
	process->ppid = ret_stat->ppid;
	process->state = COMPEL_ALIVE;
	*ret_process = process;
	return 0;
}

static struct compel_thread *append_thread(struct compel_process *process, pid_t tid)
{
	unsigned int nr = process->nr_threads;
	struct compel_thread *thread;

	if (!(nr & (nr - 1))) {
		thread = realloc(process->threads, (nr ? nr * 2UL : 1) * sizeof(*thread));
		if (!thread)
			return NULL;
		process->threads = thread;
	}
	thread = &process->threads[process->nr_threads++];
	*thread = (struct compel_thread){ .tid = tid, .process = process, .slot = NO_SLOT, .state = THREAD_NEW };
	return thread;
}

/* Its only thread is. None at all: what was looked at is the old leader of a process that has executed just then. */
static bool is_zombie(const struct proc_stat *stat)
{
	return stat->state == 'Z' && stat->nr_threads == 1;
}

/* There may be thousands: none holds a descriptor or a slot of the ledger. */
static void become_zombie(struct compel_process *process, const struct proc_stat *stat)
{
	process->state = COMPEL_ZOMBIE;
	process->stop_signal = 0;
	process->exit_code = stat->exit_code;
	if (process->slot != NO_SLOT)
		ledger_drop_process(process->ledger, process->slot);
	process->slot = NO_SLOT;
	close(process->pidfd);
	process->pidfd = -1;
}

static int new_zombie(struct compel_process *process, const struct proc_stat *stat)
{
	struct compel_thread *thread = append_thread(process, process->pid);

	if (!thread)
		return compel_fail(-ENOMEM, "pid %d: no memory", process->pid);
	thread->state = THREAD_GONE;
	thread->dead = true;
	become_zombie(process, stat);
	return 0;
}

int process_adopt(struct compel_ledger *ledger, unsigned int slot, struct compel_process **ret_process)
{
	struct compel_process *process = NULL;
	struct proc_stat stat;
	int error = process_allocate(ledger, atomic_load(&ledger->processes[slot].pid), &stat, &process);

	if (error || !process)
		return error ?: -ESRCH;
	if (stat.start_time != ledger->processes[slot].start_time || stat.state == 'X' ||
	    (stat.state == 'Z' && stat.nr_threads <= 1)) {
		process_free(process);
		return -ESRCH;
	}
	process->slot = slot;
	*ret_process = process;
	return 0;
}

static void drop_thread_slot(struct compel_thread *thread)
{
	if (thread->slot != NO_SLOT)
		ledger_drop_thread(thread->process->ledger, thread->slot);
	thread->slot = NO_SLOT;
}

void process_free(struct compel_process *process)
{
	if (!process)
		return;
	for (unsigned int n = process->nr_threads; n-- > 0;)
		drop_thread_slot(&process->threads[n]);
	if (process->slot != NO_SLOT)
		ledger_drop_process(process->ledger, process->slot);
	if (process->pidfd >= 0)
		close(process->pidfd);
	if (process->mem_fd >= 0)
		close(process->mem_fd);
	free(process->injection);
	free(process->threads);
	free(process);
}

/* Repair finds the slots which the dead worker filled. */
static int bind_slot(struct compel_thread *thread)
{
	struct compel_process *process = thread->process;
	struct compel_ledger *ledger = process->ledger;
	unsigned int top = atomic_load(&ledger->top_thread);

	if (!atomic_load(&ledger->repairing))
		return ledger_claim_thread(ledger, process->slot, thread->tid, &thread->slot);
	for (unsigned int slot = 0; slot < top; slot++) {
		if (atomic_load(&ledger->threads[slot].tid) == thread->tid &&
		    ledger->threads[slot].process == process->slot) {
			thread->slot = slot;
			return 0;
		}
	}
	return ledger_claim_thread(ledger, process->slot, thread->tid, &thread->slot);
}

/* Seizes one thread seen for the first time. Threads that are gone meanwhile are no error. */
static int seize_one(struct compel_process *process, pid_t tid)
{
	struct compel_thread *thread = append_thread(process, tid);
	int error;

	if (!thread)
		return compel_fail(-ENOMEM, "pid %d: no memory for its threads", process->pid);
	if (process->nr_threads == 2)
		reaper_start(process);
	error = bind_slot(thread);
	if (!error)
		error = thread_seize(thread);
	if (!error)
		return 0;
	drop_thread_slot(thread);
	if (error == -ENODATA && tid == process->pid) {
		thread->dead = true;
		thread->state = THREAD_GONE;
		return 0;
	}
	process->nr_threads--;
	return error == -ESRCH || error == -ENODATA ? 0 : error;
}

int process_new(struct compel_ledger *ledger, pid_t pid, bool ahead,
		const struct compel_seize_options *options, struct compel_process **ret_process)
{
	struct compel_process *process = NULL;
	struct proc_stat stat = { .nr_threads = 0 };
	int error = process_allocate(ledger, pid, &stat, &process);

	if (error || !process)
		return error ?: -ESRCH;
	process->options = options;
	if (is_zombie(&stat))
		error = new_zombie(process, &stat);
	else
		error = ledger_claim_process(ledger, pid, stat.start_time, &process->slot);
	if (!error && ahead && process->state != COMPEL_ZOMBIE && stat.nr_threads == 1)
		error = seize_one(process, pid);
	if (error) {
		process_free(process);
		return error;
	}
	*ret_process = process;
	return 0;
}

static bool is_io_worker(const struct compel_process *process, pid_t tid)
{
	struct proc_stat stat;

	return tid != process->pid && !proc_read_stat(tid, &stat) && (stat.flags & FLAG_IO_WORKER);
}

/* One look at the list of threads; returns 1 unless all that there are were known before.
 *
 * A list ends early when the thread it has come to ends just then (next_tid() in fs/proc/base.c): what that thread had
 * created before is not in it. So whoever has ended meanwhile counts as new, and the list must have as many entries as
 * there were threads before it was read. */
static int seize_new(struct compel_process *process, struct tidset *known)
{
	unsigned int nr = 0, nr_new = 0;
	struct proc_stat stat;
	pid_t *tids = NULL;
	int error = proc_read_stat(process->pid, &stat);

	if (!error)
		error = proc_list_threads(process->pid, &tids, &nr);
	for (unsigned int n = 0; !error && n < nr; n++) {
		error = tidset_add(known, tids[n]);
		nr_new += error > 0;
		if (error > 0)
			error = is_io_worker(process, tids[n]) ? 0 : seize_one(process, tids[n]);
	}
	free(tids);
	return error ? error : nr_new || nr != stat.nr_threads;
}

static bool is_dead_process(const struct compel_process *process)
{
	struct proc_stat stat;

	return proc_read_stat(process->pid, &stat) || stat.state == 'Z' || stat.state == 'X';
}

/* A dead thread is no longer a thread of ours; only the entry of a dead leader stays. */
static void forget_dead(struct compel_process *process)
{
	unsigned int kept = 0;

	for (unsigned int n = 0; n < process->nr_threads; n++) {
		struct compel_thread *thread = &process->threads[n];

		if (thread->state == THREAD_GONE) {
			drop_thread_slot(thread);
			if (!thread->dead)
				thread_reap(thread);
			thread->dead = thread->tid == process->pid && is_dead_process(process);
			if (!thread->dead)
				continue;
		}
		process->threads[kept++] = *thread;
	}
	process->nr_threads = kept;
}

/* Waits for the threads from @first on, which were asked to stop. */
static int wait_new(struct compel_process *process, unsigned int first, uint64_t deadline)
{
	int error = 0, stop_signal = 0;

	for (unsigned int n = first; n < process->nr_threads; n++) {
		struct compel_thread *thread = &process->threads[n];
		int result;

		if (thread->state == THREAD_GONE)
			continue;
		result = thread_wait_event_stop(thread, deadline, &stop_signal);
		if (result == -ESRCH)
			thread->state = THREAD_GONE;
		else if (result)
			error = error ? error : result;
		else if (stop_signal) {
			process->state = COMPEL_STOPPED;
			process->stop_signal = stop_signal;
		}
	}
	return error;
}

/* All have stopped: their registers. Says whether one was lost: a thread that called execve() ends the others and
 * becomes the leader, whose number it takes over. That number means another thread then, which is not traced by us,
 * or is and stops, or has stopped, because it was asked to under its old number. */
static int capture_all(struct compel_process *process, bool *ret_lost)
{
	for (unsigned int n = 0; n < process->nr_threads; n++) {
		struct compel_thread *thread = &process->threads[n];
		bool dead = thread->dead && is_dead_process(process);
		int error = dead ? 0 : thread_capture(thread);

		if (error && error != -ESRCH)
			return error;
		if (!dead && (error || thread->state == THREAD_GONE)) {
			thread->state = THREAD_GONE;
			*ret_lost = true;
		}
	}
	return 0;
}

/* The leader comes first in /proc/PID/task, dead or not, unless it is just being replaced by execve(). */
static void leader_first(struct compel_process *process)
{
	for (unsigned int n = 1; n < process->nr_threads; n++) {
		if (process->threads[n].tid == process->pid) {
			struct compel_thread leader = process->threads[n];

			process->threads[n] = process->threads[0];
			process->threads[0] = leader;
		}
	}
}

/* Nothing alive in it: a zombie, or gone. */
static int finish_dead(struct compel_process *process)
{
	struct proc_stat stat;

	if (proc_read_stat(process->pid, &stat) || stat.state != 'Z')
		return compel_fail(-ESRCH, "pid %d: %s", process->pid, strerror(ESRCH));
	become_zombie(process, &stat);
	return 0;
}

static int known_threads(const struct compel_process *process, struct tidset **ret_known)
{
	int error = tidset_new(ret_known);

	for (unsigned int n = 0; !error && n < process->nr_threads; n++) {
		error = tidset_add(*ret_known, process->threads[n].tid);
		error = error > 0 ? 0 : error;
	}
	return error;
}

/* Index of the first thread whose stop was not waited for. */
static unsigned int first_new(const struct compel_process *process)
{
	unsigned int n = 0;

	while (n < process->nr_threads && process->threads[n].state != THREAD_NEW)
		n++;
	return n;
}

/* To seize a stopped thread takes it out of that state, for which it would have to run. */
static bool is_stopped(pid_t pid)
{
	char where[128];
	struct proc_stat stat;

	proc_where_waiting(pid, where, sizeof(where));
	return !strcmp(where, "do_signal_stop") || (!proc_read_stat(pid, &stat) && stat.state == 'T');
}

int process_seize_frozen(struct compel_process *process)
{
	struct tidset *known;
	int error;

	if (is_stopped(process->pid))
		return 0;
	error = tidset_new(&known);
	if (error)
		return compel_fail(error, "pid %d: no memory", process->pid);
	error = seize_new(process, known);
	reaper_stop();
	tidset_free(known);
	return error < 0 ? error : 0;
}

/* Until a look at the list finds nobody new. */
static int seize_all(struct compel_process *process, uint64_t deadline)
{
	unsigned int round = 0;
	struct tidset *known;
	int found = 0, error = known_threads(process, &known);

	if (error)
		return compel_fail(error, "pid %d: no memory", process->pid);
	do {
		unsigned int first = first_new(process);

		found = seize_new(process, known);
		error = wait_new(process, first, deadline);
		if (!error && found > 0 && first == process->nr_threads)
			compel_pause(&round);
		if (!error && found > 0 && compel_now() > deadline)
			error = compel_fail(-ETIME,
					    "pid %d: its threads come and go faster than they can be stopped",
					    process->pid);
	} while (!error && found > 0);
	tidset_free(known);
	return found < 0 && found != -ESRCH ? found : error;
}

/* Stopped, all of them, and none within the vdso. */
static int stop_all(struct compel_process *process, uint64_t deadline)
{
	int error, moved;

	do {
		error = seize_all(process, deadline);
		moved = error ? 0 : process_leave_vdso(process, deadline);
	} while (moved > 0 && compel_now() < deadline);
	return moved < 0 ? moved : error;
}

/* A leader that is a zombie while another thread executes comes to life again as that thread. */
static bool has_ended(const struct compel_process *process)
{
	struct proc_stat stat;

	return proc_read_stat(process->pid, &stat) || stat.state == 'X' || is_zombie(&stat);
}

static void forget_all(struct compel_process *process)
{
	for (unsigned int n = process->nr_threads; n-- > 0;)
		drop_thread_slot(&process->threads[n]);
	process->nr_threads = 0;
}

int process_seize_threads(struct compel_process *process, uint64_t deadline)
{
	unsigned int round = 0;
	bool lost;
	int error;

	do {
		lost = false;
		error = stop_all(process, deadline);
		reaper_stop();
		if (!error)
			error = capture_all(process, &lost);
		if (!error && lost)
			forget_dead(process);
		if (!error && !lost && !process_live_thread(process) && !has_ended(process)) {
			lost = true;
			forget_all(process);
			compel_pause(&round);
		}
	} while (!error && lost && compel_now() < deadline);
	if (error)
		return error;
	leader_first(process);
	return process_live_thread(process) ? 0 : finish_dead(process);
}

struct compel_thread *process_live_thread(const struct compel_process *process)
{
	for (unsigned int n = 0; n < process->nr_threads; n++)
		if (!process->threads[n].dead && process->threads[n].state != THREAD_GONE)
			return &process->threads[n];
	return NULL;
}

int process_open_memory(struct compel_process *process)
{
	char path[64];

	if (process->mem_fd >= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/mem",
		 process_live_thread(process) ? process_live_thread(process)->tid : process->pid);
	process->mem_fd = open(path, O_RDWR | O_CLOEXEC);
	return process->mem_fd < 0 ? -errno : 0;
}

void process_detach(struct compel_process *process)
{
	/* The leader last: its zombie, if it is one, waits for the others to be reaped. */
	for (unsigned int n = process->nr_threads; n-- > 0;)
		thread_detach(&process->threads[n]);
}

void process_kill(const struct compel_process *process)
{
	if (process->state != COMPEL_ZOMBIE)
		syscall(SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL, 0);
}

void process_wait_dead(struct compel_process *process)
{
	for (unsigned int n = process->nr_threads; n-- > 0;) {
		struct compel_thread *thread = &process->threads[n];
		uint64_t deadline = compel_now() + 5 * COMPEL_SECOND;
		struct thread_stop stop;

		if (thread->dead)
			continue;
		while (!thread_wait(thread, deadline, &stop))
			thread_resume(thread, PTRACE_CONT, 0);
		thread_reap(thread);
	}
}

int compel_run_process(struct compel_process *process)
{
	compel_clear_error();
	for (unsigned int n = 0; n < process->nr_threads; n++) {
		struct compel_thread *thread = &process->threads[n];
		int error = thread->dead ? 0 : thread_resume(thread, PTRACE_CONT, 0);

		if (error)
			return compel_fail(error, "%s: cannot be let run: %s", compel_thread_name(thread),
					   strerror(-error));
		if (!thread->dead) {
			thread->state = THREAD_NEW;
			thread->under_seccomp = 0;
		}
	}
	return 0;
}

int compel_stop_process(struct compel_process *process, unsigned int timeout_sec)
{
	uint64_t deadline = compel_now() + (timeout_sec ? timeout_sec : COMPEL_TIMEOUT) * COMPEL_SECOND;
	unsigned int nr = process->nr_threads;
	bool lost = false;
	int error;

	compel_clear_error();
	for (unsigned int n = 0; n < nr; n++)
		if (!process->threads[n].dead)
			ptrace(PTRACE_INTERRUPT, process->threads[n].tid, NULL, NULL);
	error = wait_new(process, 0, deadline);
	if (!error)
		error = capture_all(process, &lost);
	/* The leader may have exited. */
	if (!error && lost)
		forget_dead(process);
	if (!error && process->nr_threads != nr)
		error = compel_fail(-ESRCH, "pid %d: a thread was killed meanwhile", process->pid);
	return error;
}
