// SPDX-License-Identifier: GPL-2.0-only
/* Which open file does an epoll descriptor watch? It is told by the number that the file had when it was added, but that
 * number may have been closed or given to another file since. What decides is kcmp(2) with KCMP_EPOLL_TFD. */
#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "criu/model/fd-walk.h"
#include "criu/objects/fd/epoll-internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/log.h"

static const char index_key;

/* All descriptors of the tree. */
struct fd_index {
	const struct fd_info **by_number; /* by task, then by number */
	size_t nr;
	const struct fd_info **by_file; /* one for each open file, in the kernel's order; made when first needed */
	size_t nr_files;
	int error;
};

static int compare_number(const void *left, const void *right)
{
	const struct fd_info *a = *(const struct fd_info *const *)left, *b = *(const struct fd_info *const *)right;

	return a->task->pid != b->task->pid ? (a->task->pid < b->task->pid ? -1 : 1) : a->fd - b->fd;
}

static int compare_id(const void *left, const void *right)
{
	const struct fd_info *a = *(const struct fd_info *const *)left, *b = *(const struct fd_info *const *)right;

	return a->file_id < b->file_id ? -1 : a->file_id > b->file_id;
}

static struct fd_index *get_index(struct dump *dump)
{
	struct fd_walk walk = fd_walk_all(&dump->tasks), again = walk;
	struct fd_index *index;
	struct fd_info *fd;
	bool is_new;

	index = kind_state_get(&dump->kind_state, &dump->arena, &index_key, 0, sizeof(*index), &is_new);
	if (!is_new)
		return index;
	while (fd_walk_next(&walk))
		index->nr++;
	index->by_number = arena_array(&dump->arena, const struct fd_info *, index->nr);
	for (size_t i = 0; (fd = fd_walk_next(&again)); i++)
		index->by_number[i] = fd;
	qsort(index->by_number, index->nr, sizeof(*index->by_number), compare_number);
	return index;
}

/* --- the kernel's answers: below 0, 0, above 0 as in a sort --- */

static int take_order(long answer, int *error)
{
	if (answer >= 0 && answer <= 2)
		return answer == 0 ? 0 : answer == 1 ? -1 : 1;
	*error = answer < 0 ? -errno : -EINVAL;
	return 0;
}

static int compare_file(const void *left, const void *right, void *context)
{
	const struct fd_info *a = *(const struct fd_info *const *)left, *b = *(const struct fd_info *const *)right;
	struct fd_index *index = context;

	if (a == b || index->error)
		return 0;
	return take_order(syscall(SYS_kcmp, a->task->pid, b->task->pid, KCMP_FILE, a->fd, b->fd), &index->error);
}

static int compare_target(const struct fd_info *fd, const struct fd_info *epoll,
			  const struct epoll_target *target, int *error)
{
	struct kcmp_epoll_slot slot = {
		.efd = (uint32_t)epoll->fd,
		.tfd = (uint32_t)target->number,
		.toff = target->nth,
	};

	return take_order(syscall(SYS_kcmp, fd->task->pid, epoll->task->pid, KCMP_EPOLL_TFD, fd->fd, &slot), error);
}

/* --- at its number --- */

/* A socket is opened once, so that the inode tells the file. For others the kernel is asked, which walks through all
 * that the epoll watches. */
static bool is_same_socket(const struct fd_info *fd, const struct epoll_target *target)
{
	return S_ISSOCK(fd->stat.st_mode) && fd->stat.st_ino == target->inode &&
	       fd->stat.st_dev == makedev(target->dev >> 20, target->dev & 0xfffff);
}

static const struct fd_info *find_number(const struct fd_index *index, const struct fd_info *epoll, int number)
{
	struct fd_info wanted = { .task = epoll->task, .fd = number };
	const struct fd_info *key = &wanted, **found;

	found = bsearch(&key, index->by_number, index->nr, sizeof(*index->by_number), compare_number);
	return found ? *found : NULL;
}

/* --- anywhere --- */

static void sort_files(struct dump *dump, struct fd_index *index)
{
	index->by_file = arena_array(&dump->arena, const struct fd_info *, index->nr);
	for (size_t i = 0; i < index->nr; i++)
		index->by_file[i] = index->by_number[i];
	qsort(index->by_file, index->nr, sizeof(*index->by_file), compare_id);
	for (size_t i = 0; i < index->nr; i++)
		if (!i || index->by_file[i]->file_id != index->by_file[i - 1]->file_id)
			index->by_file[index->nr_files++] = index->by_file[i];
	qsort_r(index->by_file, index->nr_files, sizeof(*index->by_file), compare_file, index);
}

static const struct fd_info *find_anywhere(struct dump *dump, struct fd_index *index,
					   const struct fd_info *epoll, const struct epoll_target *target)
{
	size_t low = 0, high;

	if (!index->by_file)
		sort_files(dump, index);
	high = index->nr_files;
	while (low < high && !index->error) {
		size_t middle = low + (high - low) / 2;
		int order = compare_target(index->by_file[middle], epoll, target, &index->error);

		if (order == 0)
			return index->by_file[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int epoll_find_target(struct dump *dump, const struct fd_info *epoll, struct epoll_target *target)
{
	struct fd_index *index = get_index(dump);
	const struct fd_info *fd = find_number(index, epoll, target->number);

	if (fd && !is_same_socket(fd, target) && compare_target(fd, epoll, target, &index->error))
		fd = NULL;
	if (!fd && !index->error)
		fd = find_anywhere(dump, index, epoll, target);
	if (index->error < 0)
		return log_errno(index->error, "task %d: %s: cannot tell what it watches (kcmp)",
				 epoll->task->pid, fd_describe(dump, epoll));
	target->fd = fd;
	return 0;
}
