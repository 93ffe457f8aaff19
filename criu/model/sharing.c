// SPDX-License-Identifier: GPL-2.0-only
/* The plan of sharing: groups by their ids, then who forks whom, then from the leaves up what each must inherit. */
#include "criu/model/sharing.h"

#include <stdlib.h>

#include "criu/util/arena.h"

/* A thread as a member of a group; leaders stand for their tasks. */
struct member {
	uint32_t id;
	unsigned int order;
	struct task *task;
	bool thread; /* one with an object of its own, which is no leader */
};

struct members {
	struct member *items;
	size_t nr;
};

static const char *const lost_by_thread[SHARE_NR] = {
	[SHARE_FILES] = "the descriptor table of one of its threads is shared with another task",
	[SHARE_FS] = "the current directory of one of its threads is shared with another task",
};

uint32_t task_share_id(const struct task *task, enum share_kind kind)
{
	return kind == SHARE_FILES ? task->ids->files_id : task->ids->fs_id;
}

bool thread_has_own(const struct thread *thread, enum share_kind kind)
{
	return thread->ids[kind] && thread->ids[kind] != task_share_id(thread->task, kind);
}

struct share_group *sharing_held(const struct task *task, enum share_kind kind)
{
	return task->share[kind].inherit ? task->share[kind].inherit : task->share[kind].group;
}

bool sharing_borrows(const struct task *task, enum share_kind kind)
{
	return task->share[kind].group && task->share[kind].group->first != task;
}

static void refuse(struct task *task, const char *reason)
{
	if (!task->sharing_refusal)
		task->sharing_refusal = reason;
}

/* --- groups --- */

static int compare_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void add_member(struct members *members, struct task *task, uint32_t id, bool thread)
{
	members->items[members->nr] = (struct member){ id, (unsigned int)members->nr, task, thread };
	members->nr++;
}

static struct members list_members(const struct task_list *tasks, struct arena *arena, enum share_kind kind)
{
	struct members members = { 0 };
	struct task *task;
	size_t room = 0;

	TAILQ_FOREACH(task, tasks, link)
		room += task->nr_threads;
	members.items = arena_array(arena, struct member, room);
	TAILQ_FOREACH(task, tasks, link) {
		if (!task->ids)
			continue;
		add_member(&members, task, task_share_id(task, kind), false);
		for (unsigned int i = 1; i < task->nr_threads; i++)
			if (thread_has_own(&task->threads[i], kind))
				add_member(&members, task, task->threads[i].ids[kind], true);
	}
	if (members.nr)
		qsort(members.items, members.nr, sizeof(*members.items), compare_members);
	return members;
}

/* Members of one id. Threads of one task may share among themselves. */
static bool make_group(struct arena *arena, struct member *first, size_t nr, enum share_kind kind, unsigned int index)
{
	struct share_group *group;
	bool threads = false, many = false;

	for (size_t i = 0; i < nr; i++) {
		threads |= first[i].thread;
		many |= first[i].task != first[0].task;
	}
	if (!many)
		return false;
	group = arena_new(arena, struct share_group);
	*group = (struct share_group){ .id = first->id, .first = first->task, .index = index };
	for (size_t i = 0; i < nr; i++) {
		if (threads)
			refuse(first[i].task, lost_by_thread[kind]);
		if (first[i].thread)
			continue;
		first[i].task->share[kind].group = group;
		group->total++;
	}
	return true;
}

static unsigned int make_groups(const struct task_list *tasks, struct arena *arena, enum share_kind kind,
				unsigned int nr_groups)
{
	struct members members = list_members(tasks, arena, kind);

	for (size_t start = 0, end; start < members.nr; start = end) {
		for (end = start + 1; end < members.nr && members.items[end].id == members.items[start].id; end++)
			;
		if (end - start > 1)
			nr_groups += make_group(arena, &members.items[start], end - start, kind, nr_groups);
	}
	return nr_groups;
}

/* --- address spaces --- */

static int compare_spaces(const void *left, const void *right)
{
	const struct member *a = left, *b = right;

	return a->task->ids->vm_id != b->task->ids->vm_id ? (a->task->ids->vm_id < b->task->ids->vm_id ? -1 : 1)
							  : (a->order < b->order ? -1 : a->order > b->order);
}

static void find_spaces(const struct task_list *tasks, struct arena *arena)
{
	struct members all = list_members(tasks, arena, SHARE_FILES);
	size_t nr = 0;
	struct task *task;

	TAILQ_FOREACH(task, tasks, link) {
		if (!task->ids)
			continue;
		all.items[nr] = (struct member){ 0, (unsigned int)nr, task, false };
		nr++;
	}
	if (nr)
		qsort(all.items, nr, sizeof(*all.items), compare_spaces);
	for (size_t i = 1; i < nr; i++) {
		struct task *before = all.items[i - 1].task;

		task = all.items[i].task;
		if (before->ids->vm_id != task->ids->vm_id)
			continue;
		task->vm_owner = before->vm_owner ? before->vm_owner : before;
		task->vm_owner->nr_guests++;
	}
}

static struct task *space_of(struct task *task)
{
	return task && task->vm_owner ? task->vm_owner : task;
}

/* The first of its siblings in the same address space; itself, should there be none before it. */
static struct task *first_sibling_of_space(struct task *task)
{
	struct task *other;

	TAILQ_FOREACH(other, &task->parent->children, sibling)
		if (other == task || (other->ids && space_of(other) == space_of(task)))
			return other;
	return task;
}

/* Signal actions are inherited from the creator as well, or are a copy. */
static bool shares_actions_elsewhere(const struct task_list *tasks, const struct task *task)
{
	const struct task *other;

	if (task->ids->sighand_id == task->creator->ids->sighand_id)
		return false;
	TAILQ_FOREACH(other, tasks, link) {
		if (other == task)
			break;
		if (other->ids && other->ids->sighand_id == task->ids->sighand_id)
			return true;
	}
	return false;
}

static void refuse_space(const struct task_list *tasks, struct task *task)
{
	const struct task *creator = task->creator;

	if (task->orphaned)
		refuse(task, "it shares its address space with another task, and the leader of its session has ended");
	else if (creator != task->parent && task->birth_sid != creator->birth_sid && task->birth_sid != creator->sid)
		refuse(task, "it shares its address space with a sibling that was never in its session");
	else if (shares_actions_elsewhere(tasks, task))
		refuse(task, "it shares its signal actions with another task than that which made it");
}

static void choose_creator(struct task *task)
{
	task->creator = task->parent;
	if (!task->vm_owner || space_of(task->parent) == task->vm_owner)
		return;
	task->creator = first_sibling_of_space(task);
	if (task->creator == task) {
		task->creator = task->parent;
		refuse(task, "it shares its address space with a task that is neither its parent nor a sibling");
		return;
	}
	task->creator->creates_siblings = true;
}

/* --- who inherits what --- */

static void count(struct share_group *group, unsigned int nr, const struct task *at)
{
	if (group->at != at)
		group->seen = 0;
	group->at = at;
	group->seen += nr;
}

/* What is open at @task: a group that goes on outside of its descendants. Two of them cannot be carried. */
static void keep_open(struct task *task, struct share_group *group, enum share_kind kind)
{
	struct share *share = &task->share[kind];

	if (group->seen == group->total || share->inherit == group)
		return;
	if (share->inherit)
		refuse(task, kind == SHARE_FILES
				     ? "below it two descriptor tables are shared with tasks elsewhere"
				     : "below it two current directories are shared with tasks elsewhere");
	share->inherit = group;
}

static struct task *next_created(struct task *creator, struct task *last)
{
	struct task *next = last ? TAILQ_NEXT(last, sibling) : TAILQ_FIRST(&creator->children);

	for (;; next = TAILQ_NEXT(next, sibling)) {
		/* Behind its children come the siblings that it makes. */
		if (!next && (!last || last->parent == creator) && creator->creates_siblings) {
			last = creator;
			next = TAILQ_FIRST(&creator->parent->children);
		}
		if (!next || (next->creator == creator && next != creator))
			return next;
	}
}

static void plan_inheritance(struct task *task, enum share_kind kind)
{
	struct share *share = &task->share[kind];

	if (share->group)
		count(share->group, 1, task);
	for (struct task *next = next_created(task, NULL); next; next = next_created(task, next))
		if (next->share[kind].inherit)
			count(next->share[kind].inherit, next->share[kind].below, task);
	if (share->group)
		keep_open(task, share->group, kind);
	for (struct task *next = next_created(task, NULL); next; next = next_created(task, next))
		if (next->share[kind].inherit)
			keep_open(task, next->share[kind].inherit, kind);
	if (share->inherit)
		share->below = share->inherit->seen;
}

/* --- who cannot get it from its creator --- */

static bool is_foreign(const struct task *task, enum share_kind kind)
{
	struct share_group *inherit = task->share[kind].inherit;

	return inherit && inherit != sharing_held(task->creator, kind);
}

/* Children of one carrier: at most one group of each kind, and all forked at the same time. */
static bool fits_carrier(const struct task *task, unsigned int carrier)
{
	const struct task *other;

	TAILQ_FOREACH(other, &task->parent->children, sibling) {
		if (other == task || other->carrier != carrier)
			continue;
		if (other->early != task->early)
			return false;
		for (int kind = 0; kind < SHARE_NR; kind++)
			if (task->share[kind].inherit && other->share[kind].inherit &&
			    task->share[kind].inherit != other->share[kind].inherit)
				return false;
	}
	return true;
}

static unsigned int known_carrier(const struct task *task)
{
	for (int kind = 0; kind < SHARE_NR; kind++) {
		const struct share_group *group = task->share[kind].inherit;

		if (is_foreign(task, kind) && group->carried_for == task->parent)
			return group->carrier;
	}
	return 0;
}

static void choose_carrier(struct task *task, unsigned int *last_carrier)
{
	task->carrier = known_carrier(task);
	if (!task->carrier)
		task->carrier = ++*last_carrier;
	for (int kind = 0; kind < SHARE_NR; kind++) {
		struct share_group *group = task->share[kind].inherit;

		if (!is_foreign(task, kind))
			continue;
		if (group->carried_for == task->parent && group->carrier != task->carrier)
			refuse(task, "it shares descriptors with some of its siblings and directories with others");
		group->carried_for = task->parent;
		group->carrier = task->carrier;
	}
	if (!fits_carrier(task, task->carrier))
		refuse(task, "its siblings share descriptors and directories crosswise, or were in different sessions");
}

static void plan_carriers(struct task *parent)
{
	unsigned int last_carrier = 0;
	struct task *task;

	for (int kind = 0; kind < SHARE_NR; kind++)
		if (parent->share[kind].inherit && parent->share[kind].group &&
		    parent->share[kind].inherit != parent->share[kind].group)
			refuse(parent, "it shares with its children what it does not share with its parent, while "
				       "one of them does");
	for (task = next_created(parent, NULL); task; task = next_created(parent, task)) {
		if (!is_foreign(task, SHARE_FILES) && !is_foreign(task, SHARE_FS))
			continue;
		if (task->vm_owner || task->orphaned)
			refuse(task, task->vm_owner ? "it shares its address space with one task, and descriptors or "
						      "directories with others"
						    : "the leader of its session has ended, and it shares descriptors "
						      "or directories with a sibling");
		else
			choose_carrier(task, &last_carrier);
	}
}

/* --- threads --- */

static bool is_first_of(const struct task *task, unsigned int index, enum share_kind kind)
{
	for (unsigned int i = 0; i < index; i++)
		if (task->threads[i].ids[kind] == task->threads[index].ids[kind])
			return false;
	return true;
}

/* Threads with an object of their own are few: what is looked for is among them, or the leader. */
static void choose_thread_creator(struct task *task, unsigned int index)
{
	struct thread *thread = &task->threads[index];
	bool first[SHARE_NR];

	for (int kind = 0; kind < SHARE_NR; kind++)
		first[kind] = thread_has_own(thread, kind) && is_first_of(task, index, kind);
	for (unsigned int i = 0; i < index; i++) {
		const struct thread *other = &task->threads[i];
		bool fits = true;

		for (int kind = 0; kind < SHARE_NR; kind++)
			fits = fits && (first[kind] || thread->ids[kind] == other->ids[kind]);
		thread->creator = i;
		if (fits)
			return;
	}
	thread->creator = 0;
	refuse(task, "one of its threads shares descriptors with one thread and directories with another");
}

bool sharing_owns_table(const struct thread *thread)
{
	return thread_has_own(thread, SHARE_FILES) &&
	       is_first_of(thread->task, (unsigned int)(thread - thread->task->threads), SHARE_FILES);
}

static void plan_threads(struct task *task)
{
	for (unsigned int i = 0; task->ids && i < task->nr_threads; i++)
		for (int kind = 0; kind < SHARE_NR; kind++)
			if (!task->threads[i].ids[kind] || i == 0)
				task->threads[i].ids[kind] = task_share_id(task, kind);
	for (unsigned int i = 1; task->ids && i < task->nr_threads; i++)
		if (thread_has_own(&task->threads[i], SHARE_FILES) || thread_has_own(&task->threads[i], SHARE_FS))
			choose_thread_creator(task, i);
}

unsigned int sharing_plan(struct task_list *tasks, struct arena *arena)
{
	unsigned int nr_groups = 0;
	struct task *task;

	TAILQ_FOREACH(task, tasks, link)
		plan_threads(task);
	for (int kind = 0; kind < SHARE_NR; kind++)
		nr_groups = make_groups(tasks, arena, kind, nr_groups);
	find_spaces(tasks, arena);
	TAILQ_FOREACH(task, tasks, link)
		choose_creator(task);
	TAILQ_FOREACH(task, tasks, link)
		if (task->vm_owner)
			refuse_space(tasks, task);
	TAILQ_FOREACH_REVERSE(task, tasks, task_list, link)
		for (int kind = 0; kind < SHARE_NR; kind++)
			plan_inheritance(task, kind);
	TAILQ_FOREACH(task, tasks, link)
		plan_carriers(task);
	return nr_groups;
}
