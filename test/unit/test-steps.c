// SPDX-License-Identifier: GPL-2.0-only
/* The step runner: order, undoing in reverse, injected faults; and the plan of sessions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "criu/model/sessions.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "criu/util/step.h"

struct trace {
	char text[64];
	const char *fails; /* letter of the step that fails by itself */
};

static int note(struct trace *trace, char letter)
{
	size_t length = strlen(trace->text);

	trace->text[length] = letter;
	return trace->fails && *trace->fails == letter ? -ENOSPC : 0;
}

static int run_a(void *context)
{
	return note(context, 'a');
}

static int run_b(void *context)
{
	return note(context, 'b');
}

static int run_c(void *context)
{
	return note(context, 'c');
}

static void undo_a(void *context)
{
	note(context, 'A');
}

static void undo_c(void *context)
{
	note(context, 'C');
}

/* "b" has nothing to undo. */
static const struct step steps[] = {
	{ "first", run_a, undo_a },
	{ "second", run_b, NULL },
	{ "third", run_c, undo_c },
};

static void test_all_run_in_order(void **state)
{
	struct trace trace = {};
	struct step_result result;

	assert_int_equal(step_run_all(steps, ARRAY_SIZE(steps), &trace, NULL, &result), 0);
	assert_string_equal(trace.text, "abc");
	assert_null(result.failed);
}

static void test_failure_undoes_finished_steps(void **state)
{
	struct trace trace = { .fails = "c" };
	struct step_result result;

	assert_int_equal(step_run_all(steps, ARRAY_SIZE(steps), &trace, NULL, &result), -ENOSPC);
	assert_string_equal(trace.text, "abcA");
	assert_string_equal(result.failed, "third");
}

static void test_failure_of_the_first(void **state)
{
	struct trace trace = { .fails = "a" };

	assert_int_equal(step_run_all(steps, ARRAY_SIZE(steps), &trace, NULL, NULL), -ENOSPC);
	assert_string_equal(trace.text, "a");
}

/* An injected fault comes after the work of the step, which is undone as well. */
static void test_fault_by_name(void **state)
{
	struct trace trace = {};
	struct step_result result;

	assert_int_equal(step_run_all(steps, ARRAY_SIZE(steps), &trace, "third", &result), -EIO);
	assert_string_equal(trace.text, "abcCA");
	assert_string_equal(result.failed, "third");
	memset(&trace, 0, sizeof(trace));
	assert_int_equal(step_run_all(steps, ARRAY_SIZE(steps), &trace, "unknown", NULL), 0);
	assert_string_equal(trace.text, "abc");
}

static void test_undo_all(void **state)
{
	struct trace trace = {};

	step_undo_all(steps, ARRAY_SIZE(steps), &trace);
	assert_string_equal(trace.text, "CA");
}

static void add(struct task_list *list, struct task *task, struct task *parent, pid_t pid, pid_t sid)
{
	*task = (struct task){ .pid = pid, .sid = sid, .parent = parent };
	TAILQ_INIT(&task->children);
	TAILQ_INSERT_TAIL(list, task, link);
	if (parent)
		TAILQ_INSERT_TAIL(&parent->children, task, sibling);
}

static void test_sessions_inherited(void **state)
{
	struct task_list list = TAILQ_HEAD_INITIALIZER(list);
	struct task root, child, leader, late;

	add(&list, &root, NULL, 10, 10);
	add(&list, &child, &root, 11, 10);
	add(&list, &leader, &root, 12, 12);
	add(&list, &late, &leader, 13, 12);
	sessions_plan(&list, false);
	assert_false(root.orphaned || child.orphaned || leader.orphaned || late.orphaned);
	assert_false(child.early || leader.early || late.early);
	assert_int_equal(leader.birth_sid, 10);
	assert_true(session_has_leader(&list, 12));
	assert_false(session_has_leader(&list, 13));
}

/* A child that stayed in the session its parent left was born before the parent left it. */
static void test_child_older_than_session(void **state)
{
	struct task_list list = TAILQ_HEAD_INITIALIZER(list);
	struct task root, leader, old;

	add(&list, &root, NULL, 10, 10);
	add(&list, &leader, &root, 12, 12);
	add(&list, &old, &leader, 13, 10);
	sessions_plan(&list, false);
	assert_true(old.early);
	assert_false(leader.early || leader.orphaned || old.orphaned);
}

/* The session of a leader that ended: the root may have been born into it, before it founded its own. */
static void test_dead_leader(void **state)
{
	struct task_list list = TAILQ_HEAD_INITIALIZER(list);
	struct task root, one, two, below;

	add(&list, &root, NULL, 10, 10);
	add(&list, &one, &root, 11, 99);
	add(&list, &two, &root, 12, 98);
	add(&list, &below, &two, 13, 98);
	sessions_plan(&list, false);
	assert_int_equal(root.birth_sid, 99);
	assert_true(root.orphaned && one.early && two.orphaned);
	assert_false(one.orphaned || below.orphaned);
	assert_null(session_refusal(&list, &root));
	assert_null(session_refusal(&list, &two));
}

/* One stand-in forks all members: they must be children of one parent, and the leader really gone. */
static void test_session_that_cannot_be(void **state)
{
	struct task_list list = TAILQ_HEAD_INITIALIZER(list);
	struct task root, left, right, one, two, leader, stray;

	add(&list, &root, NULL, 10, 10);
	add(&list, &left, &root, 11, 10);
	add(&list, &right, &root, 12, 10);
	add(&list, &one, &left, 13, 99);
	add(&list, &two, &right, 14, 99);
	add(&list, &leader, &left, 15, 15);
	add(&list, &stray, &right, 16, 15);
	sessions_plan(&list, false);
	assert_true(one.orphaned && two.orphaned && stray.orphaned);
	assert_non_null(session_refusal(&list, &one));
	assert_non_null(session_refusal(&list, &two));
	assert_non_null(session_refusal(&list, &stray));
	assert_null(session_refusal(&list, &leader));
}

static void test_shell_job(void **state)
{
	struct task_list list = TAILQ_HEAD_INITIALIZER(list);
	struct task root, child;

	add(&list, &root, NULL, 10, 5);
	add(&list, &child, &root, 11, 5);
	sessions_plan(&list, true);
	assert_false(root.orphaned || child.orphaned);
	assert_true(session_is_outside(&list, &root));
	sessions_plan(&list, false);
	assert_true(root.orphaned);
	assert_false(session_is_outside(&list, &root));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_run_in_order),
		cmocka_unit_test(test_failure_undoes_finished_steps),
		cmocka_unit_test(test_failure_of_the_first),
		cmocka_unit_test(test_fault_by_name),
		cmocka_unit_test(test_undo_all),
		cmocka_unit_test(test_sessions_inherited),
		cmocka_unit_test(test_child_older_than_session),
		cmocka_unit_test(test_dead_leader),
		cmocka_unit_test(test_session_that_cannot_be),
		cmocka_unit_test(test_shell_job),
	};

	log_set_level(LOG_LEVEL_NONE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
