/* SPDX-License-Identifier: GPL-2.0-only */
/* A process whose descriptors are dumped and then placed in another one, which looks whether they are right. */
#ifndef TEST_UNIT_DESCRIPTORS_FIXTURE_H
#define TEST_UNIT_DESCRIPTORS_FIXTURE_H

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "criu/collect/descriptors.h"
#include "criu/dump/descriptors.h"
#include "criu/image/file.h"
#include "criu/kernel/proc/open.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/restore/descriptors.h"

#define MAX_TASKS 4

static struct {
	char path[64];
	struct image_directory images;
	struct options dump_options, restore_options;
	struct dump dump;
	struct task tasks[MAX_TASKS];
	TaskKobjIdsEntry ids[MAX_TASKS];
	struct thread threads[MAX_TASKS];
	int *failed_line; /* shared with the children */
} fixture;

/* In children: cmocka's assertions belong to the parent. */
#define CHECK(condition)                                         \
	do {                                                     \
		if (!(condition)) {                              \
			if (!*fixture.failed_line)               \
				*fixture.failed_line = __LINE__; \
			_exit(1);                                \
		}                                                \
	} while (0)

/* Other tasks' descriptors are for root only. */
static inline bool fixture_can_run(void)
{
	if (geteuid() != 0)
		print_message("skipped: needs root\n");
	return geteuid() == 0;
}

static inline int fixture_setup(void **state)
{
	memset(&fixture, 0, sizeof(fixture));
	strcpy(fixture.path, "/tmp/test-descriptors-XXXXXX");
	if (!mkdtemp(fixture.path) || image_directory_open(fixture.path, &fixture.images) < 0)
		return -1;
	options_init(&fixture.dump_options);
	options_init(&fixture.restore_options);
	arena_init(&fixture.dump.arena);
	fixture.dump.options = &fixture.dump_options;
	fixture.dump.images = &fixture.images;
	TAILQ_INIT(&fixture.dump.tasks);
	STAILQ_INIT(&fixture.dump.refusals);
	fixture.failed_line = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return fixture.failed_line == MAP_FAILED ? -1 : 0;
}

static inline int fixture_teardown(void **state)
{
	char command[96];

	for (unsigned int i = 0; i < fixture.dump.nr_tasks; i++) {
		kill(fixture.tasks[i].pid, SIGKILL);
		waitpid(fixture.tasks[i].pid, NULL, 0);
		close(fixture.tasks[i].proc_fd);
	}
	image_close(fixture.dump.files);
	arena_free(&fixture.dump.arena);
	options_free(&fixture.dump_options);
	options_free(&fixture.restore_options);
	image_directory_close(&fixture.images);
	munmap(fixture.failed_line, 4096);
	snprintf(command, sizeof(command), "rm -rf %s", fixture.path);
	return system(command);
}

/* Path below the directory of the test; good for the next three calls. */
static inline const char *fixture_path(const char *name)
{
	static char paths[4][128];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", fixture.path, name);
	return path;
}

static inline void fixture_add_stopped(pid_t pid)
{
	unsigned int index = fixture.dump.nr_tasks;
	struct task *task = &fixture.tasks[index];
	int status;

	assert_true(index < MAX_TASKS);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_int_equal(*fixture.failed_line, 0);
	assert_true(WIFSTOPPED(status));
	task_kobj_ids_entry__init(&fixture.ids[index]);
	fixture.ids[index].files_id = index + 2;
	*task = (struct task){ .pid = pid, .pgid = getpgid(pid), .sid = getsid(pid), .state = TASK_ALIVE };
	fixture.threads[index] = (struct thread){ .tid = pid, .task = task };
	task->threads = &fixture.threads[index];
	task->nr_threads = 1;
	task->ids = &fixture.ids[index];
	task->proc_fd = proc_open_task(pid);
	assert_true(task->proc_fd >= 0);
	TAILQ_INSERT_TAIL(&fixture.dump.tasks, task, link);
	fixture.dump.nr_tasks++;
}

/* Starts a task: @make runs in it, with no descriptors open, and leaves those which are to be dumped. */
static inline pid_t fixture_start(void (*make)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		close_range(0, ~0U, 0);
		make();
		raise(SIGSTOP);
		_exit(0);
	}
	fixture_add_stopped(pid);
	return pid;
}

static inline bool fixture_has_refusal(const struct refusal_list *list, const char *part)
{
	const struct refusal *refusal;

	STAILQ_FOREACH(refusal, list, link)
		if (strstr(refusal->text, part))
			return true;
	return false;
}

static inline void fixture_survey(void)
{
	assert_int_equal(collect_descriptors(&fixture.dump), 0);
	assert_int_equal(dump_survey_descriptors(&fixture.dump), 0);
}

static inline void fixture_dump(void)
{
	fixture_survey();
	assert_int_equal(fixture.dump.nr_refusals, 0);
	assert_int_equal(dump_descriptors(&fixture.dump), 0);
	assert_int_equal(image_close(fixture.dump.files), 0);
	fixture.dump.files = NULL;
}

static inline void fixture_restore_task(struct restore *restore, unsigned int index)
{
	struct task *task = arena_new(&restore->arena, struct task);

	*task = (struct task){ .pid = fixture.tasks[index].pid, .state = TASK_ALIVE, .ids = &fixture.ids[index] };
	task->pgid = fixture.tasks[index].pgid;
	task->sid = fixture.tasks[index].sid;
	TAILQ_INSERT_TAIL(&restore->tasks, task, link);
}

/* Reads the images; what is refused stands in @restore. */
static inline void fixture_load(struct restore *restore)
{
	struct task *task;

	*restore = (struct restore){ .options = &fixture.restore_options, .images = &fixture.images };
	arena_init(&restore->arena);
	TAILQ_INIT(&restore->tasks);
	STAILQ_INIT(&restore->refusals);
	for (unsigned int i = 0; i < fixture.dump.nr_tasks; i++)
		fixture_restore_task(restore, i);
	CHECK(restore_load_files(restore) == 0);
	TAILQ_FOREACH(task, &restore->tasks, link)
		CHECK(restore_load_fdinfo(restore, task) == 0);
	CHECK(restore_check_files(restore) == 0);
}

/* The tasks of the images anew, each with what it checks; the last one ends first. */
static inline void fixture_restore_in_child(void (*const check[])(void))
{
	struct restore restore;
	struct task *task;
	int status, i = 0;

	fixture_load(&restore);
	CHECK(restore.nr_refusals == 0);
	CHECK(restore_plan_service_fds(&restore) == 0);
	CHECK(restore.nr_refusals == 0);
	CHECK(restore_open_files(&restore) == 0);
	TAILQ_FOREACH(task, &restore.tasks, link) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid) {
			CHECK(restore_place_descriptors(&restore, task) == 0);
			close_range(restore.service_fd_base, ~0U, 0);
			while (i + 1 == (int)fixture.dump.nr_tasks && !fixture.failed_line[1])
				usleep(1000);
			check[i]();
			_exit(0);
		}
		i++;
		if (i < (int)fixture.dump.nr_tasks)
			CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		if (i < (int)fixture.dump.nr_tasks)
			continue;
		restore_close_files(&restore);
		fixture.failed_line[1] = 1;
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	}
	restore_free_files(&restore);
	arena_free(&restore.arena);
	_exit(0);
}

static inline void fixture_wait(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(*fixture.failed_line, 0);
	assert_int_equal(status, 0);
}

static inline void fixture_restore(void (*const check[])(void))
{
	pid_t pid;

	fixture.failed_line[1] = 0; /* 1: only the last task has the files */
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		fixture_restore_in_child(check);
	fixture_wait(pid);
}

/* The restore must be refused with @part in a reason. */
static inline void fixture_restore_refused(const char *part)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		struct restore restore;

		fixture_load(&restore);
		CHECK(fixture_has_refusal(&restore.refusals, part));
		restore_free_files(&restore);
		arena_free(&restore.arena);
		_exit(0);
	}
	fixture_wait(pid);
}

#endif
