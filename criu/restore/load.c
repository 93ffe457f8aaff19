// SPDX-License-Identifier: GPL-2.0-only
/* Images -> model. Everything that images say is checked here or by the kinds' load(), before anything is made. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pstree.pb-c.h"

#include "criu/image/file.h"
#include "criu/image/inventory.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/model/sessions.h"
#include "criu/model/sharing.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/restore/descriptors.h"
#include "criu/restore/internal.h"
#include "criu/restore/mappings.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "criu/util/wait-status.h"

#define PID_MAX (1 << 22)
#define THREADS_MAX 65536
#define ZOMBIE_LOOKS 200
#define ZOMBIE_LOOK_USEC 10000

static int read_single(struct restore *restore, enum image_kind kind, unsigned long argument,
		       ProtobufCMessage **ret_message)
{
	struct image_file *file = NULL;
	int error;

	error = image_open(restore->images, kind, argument, &file);
	if (error < 0)
		return log_errno(error, "image '%s' %lu cannot be opened", image_type(kind)->name, argument);
	error = image_read_single(file, ret_message);
	if (error < 0)
		log_errno(error, "image '%s' cannot be read", image_name(file));
	image_close(file);
	return error;
}

static struct task *find_task(const struct restore *restore, pid_t pid)
{
	struct task *task;

	TAILQ_FOREACH(task, &restore->tasks, link)
		if (task->pid == pid)
			return task;
	return NULL;
}

static int check_tree_entry(const struct restore *restore, const PstreeEntry *entry)
{
	const char *reason = NULL;

	if (!entry->pid || entry->pid > PID_MAX)
		reason = "impossible pid";
	else if (find_task(restore, entry->pid))
		reason = "pid occurs twice";
	else if (!entry->ppid && restore->root)
		reason = "second root of the tree";
	else if (entry->ppid && !find_task(restore, entry->ppid))
		reason = "parent does not come before it";
	else if (!entry->n_threads || entry->n_threads > THREADS_MAX)
		reason = "impossible number of threads";
	else if (!entry->sid || entry->sid > PID_MAX || entry->pgid > PID_MAX)
		reason = "impossible session or process group";
	else if (entry->sid == entry->pid && entry->pgid != entry->pid)
		reason = "leader of a session is in another process group";
	else if (entry->threads[0] && entry->threads[0] != entry->pid)
		reason = "first thread is not the leader";
	if (reason)
		return log_fail(-EBADMSG, "image 'pstree.img': task %u: %s", entry->pid, reason);
	return 0;
}

static int add_task(struct restore *restore, const PstreeEntry *entry)
{
	struct task *task = arena_new(&restore->arena, struct task);
	int error = check_tree_entry(restore, entry);

	if (error < 0)
		return error;
	TAILQ_INIT(&task->children);
	task->pid = entry->pid;
	task->ppid = entry->ppid;
	task->pgid = entry->pgid;
	task->sid = entry->sid;
	task->index = restore->nr_tasks++;
	task->proc_fd = -EBADF;
	task->parent = entry->ppid ? find_task(restore, entry->ppid) : NULL;
	task->nr_threads = entry->n_threads;
	task->threads = arena_array(&restore->arena, struct thread, task->nr_threads);
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		task->threads[i].tid = entry->threads[i] ? entry->threads[i] : entry->pid;
		task->threads[i].task = task;
	}
	TAILQ_INSERT_TAIL(&restore->tasks, task, link);
	if (task->parent)
		TAILQ_INSERT_TAIL(&task->parent->children, task, sibling);
	else
		restore->root = task;
	return 0;
}

static int load_tree(struct restore *restore)
{
	struct image_file *file = NULL;
	ProtobufCMessage *message = NULL;
	int result;

	result = image_open(restore->images, IMAGE_PSTREE, 0, &file);
	if (result < 0)
		return log_errno(result, "image 'pstree.img' cannot be opened");
	while ((result = image_read_record(file, NULL, &message)) > 0) {
		result = add_task(restore, (PstreeEntry *)message);
		protobuf_c_message_free_unpacked(message, NULL);
		if (result < 0)
			break;
	}
	image_close(file);
	if (result == -EBADMSG || (result >= 0 && !restore->root))
		return log_fail(-EBADMSG, "image 'pstree.img': no sound process tree in it");
	return result;
}

/* What the code relies on later without asking again. */
static int check_core(struct restore *restore, const struct task *task, const struct thread *thread)
{
	const CoreEntry *core = thread->core;
	bool leader = thread == &task->threads[0];
	const char *reason = NULL;

	if (leader && !core->tc)
		reason = "no state of the task in it";
	else if (!leader && core->tc)
		reason = "state of a task in the record of a thread";
	else if (task->state != TASK_DEAD && !core->thread_core)
		reason = "no state of the thread in it";
	if (reason)
		return log_fail(-EBADMSG, "image 'core-%d.img': %s", thread->tid, reason);
	return 0;
}

static int load_state(struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;
	uint32_t state = core ? core->task_state : 0;

	if (state != TASK_ALIVE && state != TASK_DEAD && state != TASK_STOPPED)
		return log_fail(-EBADMSG, "image 'core-%d.img': no such state of a task: %u", task->pid, state);
	if (state == TASK_DEAD && (!task->parent || !wait_status_is_end(core->exit_code)))
		return log_fail(-EBADMSG, "image 'core-%d.img': no process can have ended so: %#x", task->pid,
				core->exit_code);
	task->state = state;
	return 0;
}

static int load_cores(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		struct thread *thread = &task->threads[i];
		int error = read_single(restore, IMAGE_CORE, thread->tid, (ProtobufCMessage **)&thread->core);

		if (!error && i == 0)
			error = load_state(task);
		if (!error)
			error = check_core(restore, task, thread);
		if (error < 0)
			return error;
	}
	return 0;
}

static int load_thread_identity(struct thread *thread)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	bool leader = thread == &thread->task->threads[0];

	thread->ids[SHARE_FILES] = core->has_files_id && !leader ? core->files_id : 0;
	thread->ids[SHARE_FS] = core->has_fs_id && !leader ? core->fs_id : 0;
	thread->dead = core->has_exit_code;
	if (!thread->dead)
		return 0;
	if (!leader || thread->task->nr_threads == 1 || core->exit_code > UINT16_MAX || core->exit_code & 0xff)
		return log_fail(-EBADMSG, "image 'core-%d.img': such a thread cannot have exited (%#x)",
				thread->tid, core->exit_code);
	return 0;
}

/* What must be known of all tasks before the rest of any can be read. */
static int load_identity(struct restore *restore, struct task *task)
{
	int error = load_cores(restore, task);

	if (error < 0 || task->state == TASK_DEAD)
		return error;
	error = read_single(restore, IMAGE_IDS, task->pid, (ProtobufCMessage **)&task->ids);
	for (unsigned int i = 0; !error && i < task->nr_threads; i++)
		error = load_thread_identity(&task->threads[i]);
	return error;
}

static int load_living(struct restore *restore, struct task *task)
{
	int error = read_single(restore, IMAGE_MM, task->pid, (ProtobufCMessage **)&task->mm);

	if (!error)
		error = read_single(restore, IMAGE_FS, task->pid, (ProtobufCMessage **)&task->fs);
	if (error < 0)
		return error;
	error = restore_load_fdinfo(restore, task);
	/* Whose memory is that of another task has none of its own to be restored. */
	return error < 0 || task->vm_owner ? error : restore_load_mappings(restore, task);
}

static int load_task(struct restore *restore, struct task *task)
{
	int error;

	if (task->state == TASK_DEAD)
		return 0;
	restore->nr_threads += task->nr_threads;
	error = load_living(restore, task);
	for (size_t i = 0; !error && i < nr_task_kinds; i++)
		if (task_kinds[i]->load)
			error = task_kinds[i]->load(restore, task);
	return error;
}

static int load_inventory(struct restore *restore)
{
	int error = inventory_read(restore->images, &restore->inventory);

	if (error < 0)
		return log_fail(error, "image directory: %s", inventory_describe_error(error));
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

static bool is_taken(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

/* The tree that was dumped may just have ended: whoever inherited its zombies gets a moment to wait for them. */
static bool is_taken_for_good(pid_t pid, struct proc_stat *ret_stat)
{
	for (int i = 0; i < ZOMBIE_LOOKS && is_taken(pid); i++) {
		_cleanup_close_ int fd = proc_open_task(pid);

		if (fd < 0 || proc_read_stat(fd, ret_stat) < 0)
			continue;
		if (ret_stat->state != 'Z' && ret_stat->state != 'X')
			return true;
		usleep(ZOMBIE_LOOK_USEC);
	}
	return is_taken(pid);
}

static void refuse_taken_pid(struct restore *restore, const struct task *task, pid_t pid)
{
	struct proc_stat stat = {};

	if (!is_taken(pid) || !is_taken_for_good(pid, &stat))
		return;
	if (stat.state == 'Z')
		restore_refuse(restore, task, "pid %d is in use by a zombie that process %d has not waited for",
			       pid, stat.ppid);
	else
		restore_refuse(restore, task,
			       "pid %d is in use by another process (%s); end it, or restore in a new pid "
			       "namespace",
			       pid, stat.comm);
}

/* Each pid and tid once in the images, and free on this host. */
static int check_pids(struct restore *restore)
{
	pid_t *pids;
	size_t nr = 0, room = 0;
	struct task *task;

	TAILQ_FOREACH(task, &restore->tasks, link)
		room += task->nr_threads;
	pids = arena_array(&restore->arena, pid_t, room);
	TAILQ_FOREACH(task, &restore->tasks, link)
		for (unsigned int i = 0; i < task->nr_threads; i++) {
			pids[nr++] = task->threads[i].tid;
			refuse_taken_pid(restore, task, task->threads[i].tid);
		}
	qsort(pids, nr, sizeof(*pids), compare_pids);
	for (size_t i = 1; i < nr; i++)
		if (pids[i] == pids[i - 1])
			return log_fail(-EBADMSG, "image 'pstree.img': thread %d occurs twice", pids[i]);
	return 0;
}

static void check_sessions(struct restore *restore)
{
	struct task *task;

	TAILQ_FOREACH(task, &restore->tasks, link) {
		const char *reason = session_refusal(&restore->tasks, task),
			   *group = group_refusal(&restore->tasks, task);

		if (group)
			restore_refuse(restore, task, "process group %d cannot be joined again: %s",
				       task->pgid, group);
		if (reason)
			restore_refuse(restore, task, "session %d cannot be founded again: %s",
				       task->birth_sid, reason);
		else if (task->orphaned)
			refuse_taken_pid(restore, task, task->birth_sid);
		if (restore_owns_group_helper(restore, task))
			refuse_taken_pid(restore, task, task->pgid);
	}
	if (restore->root->orphaned && restore->options->restore_sibling)
		restore_refuse(restore, restore->root,
			       "the leader of its session has ended: --restore-sibling cannot "
			       "give it back; restore without");
}

static int load_tasks(struct restore *restore)
{
	struct task *task;
	int error;

	TAILQ_FOREACH(task, &restore->tasks, link) {
		error = load_identity(restore, task);
		if (error < 0)
			return error;
	}
	sessions_plan(&restore->tasks, restore->options->shell_job);
	restore->nr_shared = sharing_plan(&restore->tasks, &restore->arena);
	TAILQ_FOREACH(task, &restore->tasks, link) {
		if (task->sharing_refusal)
			restore_refuse(restore, task, "%s: cannot be made again", task->sharing_refusal);
		error = load_task(restore, task);
		if (error < 0)
			return error;
	}
	return 0;
}

int restore_load(struct restore *restore)
{
	int error = load_inventory(restore);

	if (!error)
		error = restore_load_plugins(restore);
	if (!error)
		error = load_tree(restore);
	if (!error)
		error = restore_load_files(restore);
	for (size_t i = 0; !error && i < nr_global_kinds; i++)
		if (global_kinds[i]->load)
			error = global_kinds[i]->load(restore);
	if (!error)
		error = load_tasks(restore);
	if (error < 0)
		return error;
	check_sessions(restore);
	error = restore_check_files(restore);
	if (!error)
		error = check_pids(restore);
	return error < 0 ? error : restore_stop_if_refused(restore);
}
