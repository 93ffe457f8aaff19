// SPDX-License-Identifier: GPL-2.0-only
/* Labels of SELinux and AppArmor: that of the process, and that of sockets it makes. Threads are born with the label of
 * the leader, who gets it while he is alone: SELinux lets a process of several threads change it only within bounds. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/kernel/proc/open.h"
#include "criu/kernel/security-module.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* Detected once a run; labels by thread. */
struct host_module {
	enum security_module module;
};

struct thread_labels {
	char process[SECURITY_LABEL_MAX], socket[SECURITY_LABEL_MAX];
};

static const char module_key, labels_key;

static enum security_module module_of(void **kind_state, struct arena *arena)
{
	bool is_new;
	struct host_module *host = kind_state_get(kind_state, arena, &module_key, 0, sizeof(*host), &is_new);

	if (is_new)
		host->module = security_module_of_host();
	return host->module;
}

/* --- dump --- */

static int read_optional(int dir_fd, const char *path, char *label)
{
	int error = security_read_label(dir_fd, path, label);

	/* AppArmor has not all of them. */
	return error == -ENOENT || error == -EINVAL ? 0 : error;
}

/* Set for the next program, file or key, by tasks which are about to make one. */
static int refuse_passing(struct dump *dump, const struct task *task, int dir_fd)
{
	static const char *const paths[] = { "attr/exec", "attr/fscreate", "attr/keycreate" };
	char label[SECURITY_LABEL_MAX] = "";
	int error = 0;

	for (size_t i = 0; !error && i < ARRAY_SIZE(paths); i++) {
		error = read_optional(dir_fd, paths[i], label);
		if (!error && label[0])
			dump_refuse(dump, task, "has set the label '%s' in %s, which cannot be kept", label,
				    paths[i]);
	}
	return error;
}

static int read_thread(struct dump *dump, const struct task *task, const struct thread *thread,
		       struct thread_labels *labels)
{
	_cleanup_close_ int dir_fd = proc_open_thread(task->proc_fd, thread->tid);
	int error = dir_fd < 0 ? dir_fd : security_read_label(dir_fd, "attr/current", labels->process);

	if (!error)
		error = read_optional(dir_fd, "attr/sockcreate", labels->socket);
	return error ? error : refuse_passing(dump, task, dir_fd);
}

static struct thread_labels *labels_of(struct dump *dump, const struct thread *thread)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &labels_key, (uint64_t)thread->tid,
			      sizeof(struct thread_labels), NULL);
}

static int survey_thread(struct dump *dump, const struct task *task, const struct thread *thread)
{
	const struct thread_labels *leader = labels_of(dump, &task->threads[0]);
	struct thread_labels *own = labels_of(dump, thread);
	int error = read_thread(dump, task, thread, own);

	if (error < 0)
		return log_errno(error, "task %d: thread %d: security label", task->pid, thread->tid);
	if (strcmp(own->process, leader->process) != 0 || strcmp(own->socket, leader->socket) != 0)
		dump_refuse(dump, task, "thread %d has the security label '%s', and its leader '%s': cannot be kept",
			    thread->tid, own->process, leader->process);
	return 0;
}

static int security_label_survey(struct dump *dump, const struct task *task)
{
	enum security_module module = module_of(&dump->kind_state, &dump->arena);
	int error = 0;

	if (task->state == TASK_DEAD || module == SECURITY_NONE)
		return 0;
	if (module == SECURITY_OTHER) {
		dump_refuse(dump, task, "has a label of a security module that is neither SELinux nor AppArmor");
		return 0;
	}
	for (unsigned int i = 0; !error && i < task->nr_threads; i++)
		if (!task->threads[i].compel || !task->threads[i].compel->dead)
			error = survey_thread(dump, task, &task->threads[i]);
	return error;
}

static int security_label_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	struct thread_labels *labels = kind_state_find(&dump->kind_state, &labels_key, (uint64_t)thread->tid);
	CredsEntry *entry = thread->core->thread_core->creds;

	if (!labels || !entry)
		return 0;
	entry->lsm_profile = labels->process[0] ? labels->process : NULL;
	entry->lsm_sockcreate = labels->socket[0] ? labels->socket : NULL;
	return 0;
}

/* --- restore --- */

/* What --lsm-profile says is for all tasks; without, each has its own. */
static const char *wanted_label(struct restore *restore, const struct task *task, enum security_module *ret_module)
{
	const CredsEntry *entry = task_core(task)->thread_core->creds;
	const char *name;

	if (restore->options->lsm_profile &&
	    security_parse_profile(restore->options->lsm_profile, ret_module, &name) == 0)
		return name[0] ? name : NULL;
	*ret_module = restore->inventory->has_lsmtype ? (enum security_module)restore->inventory->lsmtype
						      : SECURITY_NONE;
	return entry ? entry->lsm_profile : NULL;
}

static bool is_harmless(const char *label)
{
	return !label || strlen(label) < SECURITY_LABEL_MAX;
}

static void check_threads(struct restore *restore, struct task *task)
{
	const CredsEntry *leader = task_core(task)->thread_core->creds;

	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const CredsEntry *own = task->threads[i].core->thread_core->creds;

		if (!own || !leader)
			continue;
		if (!is_harmless(own->lsm_profile) || !is_harmless(own->lsm_sockcreate))
			restore_refuse(restore, task, "thread %d: its security label is too long",
				       task->threads[i].tid);
		else if (strcmp(own->lsm_profile ?: "", leader->lsm_profile ?: "") != 0)
			restore_refuse(restore, task,
				       "thread %d has the security label '%s', and its leader '%s': cannot be "
				       "restored",
				       task->threads[i].tid, own->lsm_profile ?: "", leader->lsm_profile ?: "");
	}
}

static int security_label_load(struct restore *restore, struct task *task)
{
	enum security_module host = module_of(&restore->kind_state, &restore->arena), wanted;
	const CredsEntry *entry = task_core(task)->thread_core->creds;
	const char *label = wanted_label(restore, task, &wanted);

	check_threads(restore, task);
	if (label && wanted != host)
		restore_refuse(restore, task,
			       "had the security label '%s' (%s), and this host has %s; --lsm-profile gives another one, "
			       "or 'none'",
			       label, security_module_name(wanted), security_module_name(host));
	else if (label && host != SECURITY_SELINUX && host != SECURITY_APPARMOR)
		restore_refuse(restore, task, "had the security label '%s' of no known security module", label);
	if (entry && entry->has_apparmor_data && !restore->options->lsm_profile)
		restore_refuse(restore, task,
			       "has AppArmor policy of a namespace of its own, which cannot be restored; --lsm-profile "
			       "gives another label");
	return 0;
}

static int write_label(const struct task *task, const char *path, const char *label)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(label);

	if (fd < 0 || write(fd, label, length) != (ssize_t)length)
		return log_errno(errno, "task %d: security label '%s' cannot be set", task->pid, label);
	return 0;
}

static int security_label_in_task(struct restore *restore, struct task *task)
{
	const CredsEntry *entry = task_core(task)->thread_core->creds;
	enum security_module module;
	const char *label = wanted_label(restore, task, &module);
	char text[SECURITY_LABEL_MAX + 32];
	int error = 0;

	if (entry->lsm_sockcreate && label && module == SECURITY_SELINUX)
		error = write_label(task, "/proc/thread-self/attr/sockcreate", entry->lsm_sockcreate);
	if (error < 0 || !label)
		return error;
	snprintf(text, sizeof(text), "%s%s", module == SECURITY_APPARMOR ? "changeprofile " : "", label);
	return write_label(task, "/proc/thread-self/attr/current", text);
}

const struct task_kind security_label_kind = {
	.name = "security-label",
	.survey = security_label_survey,
	.dump_thread = security_label_dump_thread,
	.load = security_label_load,
	.in_task = security_label_in_task,
};
