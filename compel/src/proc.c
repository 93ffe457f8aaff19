// SPDX-License-Identifier: LGPL-2.1-only
/* Reading /proc: stat, threads, children, mappings, the auxiliary vector. */
#include "compel/src/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compel/src/internal.h"

#define AT_SYSINFO_EHDR_ 33

/* A whole small file of a process; cut at @size - 1. Returns its length. */
static ssize_t proc_read_file(pid_t pid, const char *name, char *buffer, size_t size)
{
	char path[64];
	size_t length = 0;
	ssize_t got = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	while (length < size - 1) {
		got = read(fd, buffer + length, size - 1 - length);
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	if (got < 0 && !length) {
		got = -errno;
		close(fd);
		return got;
	}
	close(fd);
	buffer[length] = 0;
	return (ssize_t)length;
}

static int read_stat(pid_t pid, const char *file, struct proc_stat *ret_stat)
{
	struct proc_stat stat = { .state = 0 };
	char text[2048], *name, *rest, *word, *save = NULL;
	unsigned int field = 3;
	ssize_t length = proc_read_file(pid, file, text, sizeof(text));

	if (length < 0)
		return (int)length;
	/* The name may hold anything, parentheses too: it ends at the last one. */
	name = strchr(text, '(');
	rest = strrchr(text, ')');
	if (!name || !rest || rest < name)
		return -ESRCH;
	*rest++ = 0;
	strncpy(stat.comm, name + 1, sizeof(stat.comm) - 1);
	for (word = strtok_r(rest, " \n", &save); word; word = strtok_r(NULL, " \n", &save), field++) {
		if (field == 3)
			stat.state = *word;
		else if (field == 4)
			stat.ppid = atoi(word);
		else if (field == 9)
			stat.flags = strtoul(word, NULL, 10);
		else if (field == 14 || field == 15)
			stat.ticks += strtoull(word, NULL, 10);
		else if (field == 20)
			stat.nr_threads = (unsigned int)atoi(word);
		else if (field == 22)
			stat.start_time = strtoull(word, NULL, 10);
		else if (field == 52)
			stat.exit_code = atoi(word);
	}
	if (field <= 22)
		return -ESRCH;
	*ret_stat = stat;
	return 0;
}

int proc_read_stat(pid_t pid, struct proc_stat *ret_stat)
{
	return read_stat(pid, "stat", ret_stat);
}

int proc_read_thread_stat(pid_t tid, struct proc_stat *ret_stat)
{
	char file[48];

	snprintf(file, sizeof(file), "task/%d/stat", tid);
	return read_stat(tid, file, ret_stat);
}

static int append_tid(pid_t **tids, unsigned int *nr, pid_t tid)
{
	/* Grows at powers of two. */
	if (!(*nr & (*nr - 1)) || !*tids) {
		pid_t *larger = realloc(*tids, (*nr ? *nr * 2UL : 1) * sizeof(**tids));

		if (!larger)
			return -ENOMEM;
		*tids = larger;
	}
	(*tids)[(*nr)++] = tid;
	return 0;
}

int proc_list_threads(pid_t pid, pid_t **ret_tids, unsigned int *ret_nr)
{
	struct dirent *entry;
	pid_t *tids = NULL;
	unsigned int nr = 0;
	char path[64];
	int error = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!error && (entry = readdir(dir)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			error = append_tid(&tids, &nr, atoi(entry->d_name));
	closedir(dir);
	if (!error && !nr)
		error = -ESRCH;
	if (error) {
		free(tids);
		return error;
	}
	*ret_tids = tids;
	*ret_nr = nr;
	return 0;
}

int proc_list_children(pid_t pid, pid_t tid, pid_t **tids, unsigned int *nr)
{
	char path[64];
	FILE *file;
	int child, error = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!error && fscanf(file, "%d", &child) == 1)
		error = append_tid(tids, nr, child);
	fclose(file);
	return error;
}

long proc_read_status(pid_t pid, const char *key)
{
	char text[8192], *line;
	size_t length = strlen(key);

	if (proc_read_file(pid, "status", text, sizeof(text)) < 0)
		return 0;
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, length) && line[length] == ':')
			return strtol(line + length + 1, NULL, 10);
	}
	return 0;
}

static bool is_in_vfork(pid_t tid)
{
	char text[256];
	unsigned long first = 0, sp = 0;
	long number = -1;

	if (proc_read_file(tid, "syscall", text, sizeof(text)) < 0 ||
	    sscanf(text, "%ld %lx %*x %*x %*x %*x %*x %lx", &number, &first, &sp) < 1)
		return false;
	/* 32-bit code has its stack below 4 GiB, and other numbers. */
	if (sp && !(sp >> 32))
		return number == arch_compat_vfork || (number == arch_compat_clone && (first & CLONE_VFORK));
#ifdef SYS_vfork
	if (number == SYS_vfork)
		return true;
#endif
	return number == SYS_clone && (first & CLONE_VFORK);
}

const char *proc_where_waiting(pid_t tid, char *buffer, size_t size)
{
	if (is_in_vfork(tid))
		snprintf(buffer, size, "is in vfork() until its child executes or exits");
	else if (proc_read_file(tid, "wchan", buffer, size) <= 0)
		snprintf(buffer, size, "?");
	return buffer;
}

int proc_visit_mappings(pid_t pid, int (*visit)(void *argument, const struct proc_mapping *mapping), void *argument)
{
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *file;
	int result = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	while (!result && getline(&line, &size, file) > 0) {
		struct proc_mapping mapping = { .name = "" };

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*s %" SCNu64 " %63[^\n]", &mapping.start,
			   &mapping.end, mapping.protection, &mapping.inode, mapping.name) >= 4)
			result = visit(argument, &mapping);
	}
	free(line);
	fclose(file);
	return result;
}

uint64_t proc_read_vdso(pid_t pid)
{
	char buffer[2048];
	uint64_t entry[2];
	ssize_t length = proc_read_file(pid, "auxv", buffer, sizeof(buffer)), at;

	for (at = 0; at + (ssize_t)sizeof(entry) <= length; at += (ssize_t)sizeof(entry)) {
		memcpy(entry, buffer + at, sizeof(entry));
		if (entry[0] == AT_SYSINFO_EHDR_)
			return entry[1];
	}
	return 0;
}
