// SPDX-License-Identifier: LGPL-2.1-only
/* A whole tree of processes, frozen; and letting trees and processes go. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compel/src/internal.h"
#include "compel/src/proc.h"

struct walk {
	struct compel_tree *tree;
	const struct compel_seize_options *options;
	struct tidset *known;
	unsigned int nr_known;
	uint64_t deadline;
	bool frozen;
};

static uint64_t deadline_in(unsigned int seconds)
{
	return compel_now() + (seconds ? seconds : COMPEL_TIMEOUT) * COMPEL_SECOND;
}

static void give_up(struct compel_process *process)
{
	process_detach(process);
	process_free(process);
}

static int finish(struct compel_process *process, uint64_t deadline)
{
	return process->state == COMPEL_ZOMBIE ? 0 : process_seize_threads(process, deadline);
}

static int make_room(struct compel_tree *tree)
{
	unsigned int nr = tree->nr_processes;
	struct compel_process **before = tree->processes;

	if (before && (nr & (nr - 1)))
		return 0;
	tree->processes = reallocarray(before, nr ? nr * 2UL : 1, sizeof(*before));
	if (tree->processes)
		return 0;
	tree->processes = before;
	return compel_fail(-ENOMEM, "no memory for a tree of %u processes", nr + 1);
}

/* Its thread, where it has but one, is asked to stop; it is waited for when all that come with it were asked. */
static int start_process(struct walk *walk, pid_t pid)
{
	struct compel_tree *tree = walk->tree;
	struct compel_process *process;
	int error = make_room(tree);

	if (!error)
		error = process_new(tree->ledger, pid, !walk->frozen, walk->options, &process);
	if (!error && walk->frozen && process->state != COMPEL_ZOMBIE) {
		error = process_seize_frozen(process);
		if (error)
			give_up(process);
	}
	if (!error)
		tree->processes[tree->nr_processes++] = process;
	return error;
}

/* Of those from @first on. All are waited for, also when one fails; what has ended meanwhile is none of the tree. */
static int finish_processes(struct walk *walk, unsigned int first)
{
	struct compel_tree *tree = walk->tree;
	unsigned int nr = tree->nr_processes;
	int error = 0;

	tree->nr_processes = first;
	for (unsigned int n = first; n < nr; n++) {
		struct compel_process *process = tree->processes[n];
		int result = walk->frozen ? 0 : finish(process, walk->deadline);

		if (result) {
			give_up(process);
			error = error || result == -ESRCH ? error : result;
			continue;
		}
		tree->processes[tree->nr_processes++] = process;
		tree->nr_threads += process->nr_threads;
		if (walk->options && walk->options->progress)
			walk->options->progress(walk->options->argument, tree->nr_processes, tree->nr_threads);
	}
	return error;
}

static int add_root(struct walk *walk, pid_t pid)
{
	int error = start_process(walk, pid);

	if (!error)
		error = finish_processes(walk, 0);
	/* It has ended: the text was written then. */
	return error || walk->tree->nr_processes ? error : -ESRCH;
}

static int list_children(const struct compel_process *process, pid_t **pids, unsigned int *nr)
{
	unsigned int nr_threads = 0;
	pid_t *tids = NULL;
	int error = 0;

	for (unsigned int n = 0; n < process->nr_threads && !error; n++) {
		error = proc_list_children(process->pid, process->threads[n].tid, pids, nr);
		error = error == -ESRCH ? 0 : error;
	}
	/* Not seized yet, as it stands still anyway. */
	if (!process->nr_threads && process->state != COMPEL_ZOMBIE)
		proc_list_threads(process->pid, &tids, &nr_threads);
	for (unsigned int n = 0; n < nr_threads && !error; n++) {
		error = proc_list_children(process->pid, tids[n], pids, nr);
		error = error == -ESRCH ? 0 : error;
	}
	free(tids);
	return error;
}

static void reverse(struct compel_process **processes, unsigned int nr)
{
	for (unsigned int n = 0; n < nr / 2; n++) {
		struct compel_process *other = processes[nr - 1 - n];

		processes[nr - 1 - n] = processes[n];
		processes[n] = other;
	}
}

/* Children hang on threads: those of all of them, not of the leader alone. Where each forks the next one and ends, the
 * list is long and only the youngest, the last in it, is alive, for a moment yet: they are stopped first. */
static int add_children(struct walk *walk, const struct compel_process *process)
{
	unsigned int nr = 0, before = walk->tree->nr_processes;
	pid_t *pids = NULL;
	int error = list_children(process, &pids, &nr), result;

	for (unsigned int n = nr; n-- > 0 && !error;) {
		error = tidset_add(walk->known, pids[n]);
		walk->nr_known += error > 0;
		if (error > 0)
			error = start_process(walk, pids[n]);
		if (error == -ESRCH)
			error = 0;
	}
	free(pids);
	result = finish_processes(walk, before);
	error = error ? error : result;
	/* As they were born. */
	if (walk->tree->nr_processes > before)
		reverse(&walk->tree->processes[before], walk->tree->nr_processes - before);
	return error;
}

/* All of it is seized; now it may stop. */
static int thaw(struct walk *walk)
{
	struct compel_tree *tree = walk->tree;
	int error = walk->options->thaw(walk->options->argument, tree);

	if (error)
		return compel_fail(error, "pid %d: its cgroup cannot be thawed", tree->processes[0]->pid);
	walk->frozen = false;
	tree->freeze = walk->options->freeze;
	tree->argument = walk->options->argument;
	tree->nr_threads = 0;
	for (unsigned int n = 0; n < tree->nr_processes && !error; n++) {
		if (tree->processes[n]->state != COMPEL_ZOMBIE)
			error = process_seize_threads(tree->processes[n], walk->deadline);
		tree->nr_threads += tree->processes[n]->nr_threads;
	}
	return error;
}

/* A process that ends while we look hands its children to another one, and the list of children that it stood in may
 * lack those behind it: pass after pass until no pid is new, also of one that is gone already. */
static int walk_tree(struct walk *walk, pid_t root)
{
	struct compel_tree *tree = walk->tree;
	unsigned int before, passes = 0;
	int error = tidset_add(walk->known, root);

	error = error < 0 ? error : add_root(walk, root);
	do {
		before = walk->nr_known;
		for (unsigned int n = 0; n < tree->nr_processes && !error; n++)
			error = add_children(walk, tree->processes[n]);
		if (!error && walk->frozen && walk->nr_known == before)
			error = thaw(walk);
		if (compel_now() > walk->deadline && !error && walk->nr_known != before)
			error = compel_fail(-ETIME, "pid %d: its tree grows faster than it can be stopped", root);
	} while (!error && (walk->nr_known != before || !passes++));
	for (unsigned int n = 0; n < tree->nr_processes && !error; n++) {
		struct proc_stat stat;

		if (!proc_read_stat(tree->processes[n]->pid, &stat))
			tree->processes[n]->ppid = stat.ppid;
	}
	return error;
}

int compel_seize_tree(struct compel_ledger *ledger, pid_t root, const struct compel_seize_options *options,
		      struct compel_tree **ret_tree)
{
	struct compel_tree *tree = calloc(1, sizeof(*tree));
	struct walk walk = { .tree = tree,
			     .options = options,
			     .deadline = deadline_in(options ? options->timeout_sec : 0),
			     .frozen = options && options->thaw };
	int error;

	compel_clear_error();
	if (!tree)
		return compel_fail(-ENOMEM, "no memory for a tree of processes");
	tree->ledger = ledger;
	error = tidset_new(&walk.known);
	if (!error)
		error = walk_tree(&walk, root);
	tidset_free(walk.known);
	if (!error && tree->processes[0]->state == COMPEL_ZOMBIE)
		error = compel_fail(-ESRCH, "pid %d: has exited already, it is a zombie", root);
	if (error) {
		char text[512];

		strncpy(text, compel_last_error(), sizeof(text) - 1);
		text[sizeof(text) - 1] = 0;
		compel_release_tree(tree, COMPEL_RESUME);
		return compel_fail(error, "%s", text);
	}
	for (unsigned int n = 0; n < tree->nr_processes; n++) {
		tree->processes[n]->options = NULL;
		process_look_for_stop(tree->processes[n]);
	}
	compel_clear_error();
	*ret_tree = tree;
	return 0;
}

int compel_seize_start(struct compel_ledger *ledger, pid_t pid, struct compel_process **ret_process)
{
	compel_clear_error();
	return process_new(ledger, pid, true, NULL, ret_process);
}

int compel_seize_finish(struct compel_process *process, unsigned int timeout_sec)
{
	int error;

	compel_clear_error();
	error = finish(process, deadline_in(timeout_sec));
	if (error)
		return error;
	process_look_for_stop(process);
	compel_clear_error();
	return 0;
}

int compel_seize_process(struct compel_ledger *ledger, pid_t pid, unsigned int timeout_sec,
			 struct compel_process **ret_process)
{
	struct compel_process *process;
	int error = compel_seize_start(ledger, pid, &process);

	if (error)
		return error;
	error = compel_seize_finish(process, timeout_sec);
	if (error)
		give_up(process);
	else
		*ret_process = process;
	return error;
}

/* Everything but letting go. */
static int prepare_release(struct compel_process *process, enum compel_verdict verdict)
{
	int error, stopped = 0;

	if (process->state == COMPEL_ZOMBIE)
		return 0;
	if (verdict == COMPEL_KILL) {
		process_kill(process);
		return 0;
	}
	if (verdict == COMPEL_STOP && process->state != COMPEL_STOPPED)
		stopped = process_stop(process);
	error = process_put_back(process);
	/* Pending before the first thread goes on: none runs code of its own before it stops. */
	if (stopped && syscall(SYS_pidfd_send_signal, process->pidfd, SIGSTOP, NULL, 0) && !error)
		error = compel_fail(-errno, "pid %d: cannot be stopped: %s", process->pid, strerror(errno));
	return error;
}

static void let_go(struct compel_process *process, enum compel_verdict verdict)
{
	if (verdict == COMPEL_KILL)
		process_wait_dead(process);
	else
		process_detach(process);
}

/* It has to run to stop: a moment on a busy machine. Whoever looks at it afterwards finds it stopped. */
void process_wait_stopped(const struct compel_process *process)
{
	uint64_t deadline = compel_now() + COMPEL_SECOND;
	unsigned int round = 0;
	struct proc_stat stat;

	while (!proc_read_stat(process->pid, &stat) && !strchr("TtZX", stat.state) && compel_now() < deadline)
		compel_pause(&round);
}

static void finish_release(struct compel_process *process, enum compel_verdict verdict)
{
	if (verdict == COMPEL_STOP)
		process_wait_stopped(process);
	process_free(process);
}

int compel_release_process(struct compel_process *process, enum compel_verdict verdict)
{
	int error;

	compel_clear_error();
	if (!process)
		return 0;
	error = prepare_release(process, verdict);
	let_go(process, verdict);
	finish_release(process, verdict);
	return error;
}

int compel_release_tree(struct compel_tree *tree, enum compel_verdict verdict)
{
	int error = 0, result;

	compel_clear_error();
	if (!tree)
		return 0;
	for (unsigned int n = 0; n < tree->nr_processes; n++) {
		result = prepare_release(tree->processes[n], verdict);
		error = error ? error : result;
	}
	if (tree->freeze && verdict != COMPEL_KILL) {
		result = tree->freeze(tree->argument);
		error = error ? error : result;
	}
	for (unsigned int n = tree->nr_processes; n-- > 0;)
		let_go(tree->processes[n], verdict);
	for (unsigned int n = tree->nr_processes; n-- > 0;)
		finish_release(tree->processes[n], tree->freeze ? COMPEL_RESUME : verdict);
	free(tree->processes);
	free(tree);
	return error;
}
