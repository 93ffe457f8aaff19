// SPDX-License-Identifier: GPL-2.0-only
/* What a task has several of: threads, children, descriptors. */
#include "criu/kernel/proc/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/read-file.h"
#include "criu/util/text.h"

static int add_pid(struct proc_pids *pids, pid_t pid)
{
	/* Grows when the count is a power of two from 16 on. */
	if (pids->count == 0 || (pids->count >= 16 && !(pids->count & (pids->count - 1)))) {
		pid_t *larger = reallocarray(pids->ids, pids->count ? pids->count * 2 : 16, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		pids->ids = larger;
	}
	pids->ids[pids->count++] = pid;
	return 0;
}

static int add_parsed_pids(struct proc_pids *pids, const char *data, size_t size)
{
	struct text text = text_of(data, size), word;

	while (text_take_word(&text, &word)) {
		uint64_t pid;
		int ret = text_take_number(&word, 10, INT32_MAX, &pid);

		if (ret == 0 && !text_is_empty(&word))
			ret = -EINVAL;
		if (ret == 0)
			ret = add_pid(pids, (pid_t)pid);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int hand_over_pids(int ret, struct proc_pids *pids, struct proc_pids *ret_pids)
{
	if (ret < 0)
		return ret;
	*ret_pids = *pids;
	*pids = (struct proc_pids){ 0 };
	return 0;
}

int proc_parse_pids(const char *data, size_t size, struct proc_pids *ret_pids)
{
	_cleanup_proc_pids_ struct proc_pids pids = { 0 };

	return hand_over_pids(add_parsed_pids(&pids, data, size), &pids, ret_pids);
}

static int add_children(struct proc_pids *pids, int dir_fd, const char *name)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	int ret = proc_read_file(dir_fd, name, PROC_LARGE_FILE_MAX, &data, &size);

	return ret < 0 ? ret : add_parsed_pids(pids, data, size);
}

int proc_read_children(int thread_fd, struct proc_pids *ret_pids)
{
	_cleanup_proc_pids_ struct proc_pids pids = { 0 };

	return hand_over_pids(add_children(&pids, thread_fd, "children"), &pids, ret_pids);
}

/* The number that @name is, or -EINVAL. */
static int number_of_name(const char *name)
{
	struct text text = text_of(name, __builtin_strlen(name));
	uint64_t number;

	if (text_take_number(&text, 10, INT32_MAX, &number) < 0 || !text_is_empty(&text))
		return -EINVAL;
	return (int)number;
}

/* Numbered entries of directory @name below @dir_fd; ".", ".." and names are passed over. */
static int add_entries(struct proc_pids *numbers, int dir_fd, const char *name)
{
	_cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (!dir)
		return -errno;
	steal_fd(&fd);
	while (errno = 0, (entry = readdir(dir))) {
		int number = number_of_name(entry->d_name), ret;

		if (number < 0)
			continue;
		ret = add_pid(numbers, number);
		if (ret < 0)
			return ret;
	}
	return -errno;
}

static int read_entries(int dir_fd, const char *name, struct proc_pids *ret_numbers)
{
	_cleanup_proc_pids_ struct proc_pids numbers = { 0 };

	return hand_over_pids(add_entries(&numbers, dir_fd, name), &numbers, ret_numbers);
}

int proc_read_threads(int task_fd, struct proc_pids *ret_pids)
{
	return read_entries(task_fd, "task", ret_pids);
}

int proc_read_tasks(int proc_fd, struct proc_pids *ret_pids)
{
	return read_entries(proc_fd, ".", ret_pids);
}

int proc_read_all_children(int task_fd, struct proc_pids *ret_pids)
{
	_cleanup_proc_pids_ struct proc_pids threads = { 0 }, pids = { 0 };
	int ret = proc_read_threads(task_fd, &threads);

	for (size_t i = 0; ret == 0 && i < threads.count; i++) {
		char name[64];

		snprintf(name, sizeof(name), "task/%d/children", threads.ids[i]);
		ret = add_children(&pids, task_fd, name);
	}
	return hand_over_pids(ret, &pids, ret_pids);
}

void proc_free_pids(struct proc_pids *pids)
{
	if (!pids)
		return;
	free(pids->ids);
	*pids = (struct proc_pids){ 0 };
}

int proc_read_fd_numbers(int dir_fd, struct proc_pids *ret_numbers)
{
	return read_entries(dir_fd, "fd", ret_numbers);
}

int proc_read_fd_link(int dir_fd, const char *name, char **ret_target)
{
	int ret = read_link_at(dir_fd, name, ret_target);

	if (ret != -ENAMETOOLONG)
		return ret;
	*ret_target = strdup(PROC_LINK_TOO_LONG);
	return *ret_target ? 0 : -ENOMEM;
}

static int add_fd(struct proc_fds *fds, int dir_fd, int number)
{
	char name[32];
	int ret;

	snprintf(name, sizeof(name), "fd/%d", number);
	ret = proc_read_fd_link(dir_fd, name, &fds->items[fds->count].target);
	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return ret;
	fds->items[fds->count++].fd = number;
	return 0;
}

int proc_read_fds(int dir_fd, struct proc_fds *ret_fds)
{
	_cleanup_proc_pids_ struct proc_pids numbers = { 0 };
	_cleanup_proc_fds_ struct proc_fds fds = { 0 };
	int ret = proc_read_fd_numbers(dir_fd, &numbers);

	if (ret < 0)
		return ret;
	fds.items = calloc(numbers.count + 1, sizeof(*fds.items));
	if (!fds.items)
		return -ENOMEM;
	for (size_t i = 0; i < numbers.count; i++) {
		ret = add_fd(&fds, dir_fd, numbers.ids[i]);
		if (ret < 0)
			return ret;
	}
	*ret_fds = fds;
	fds = (struct proc_fds){ 0 };
	return 0;
}

void proc_free_fds(struct proc_fds *fds)
{
	if (!fds)
		return;
	for (size_t i = 0; i < fds->count; i++)
		free(fds->items[i].target);
	free(fds->items);
	*fds = (struct proc_fds){ 0 };
}
