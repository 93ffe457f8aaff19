// SPDX-License-Identifier: GPL-2.0-only
/* The auxiliary vector that exec gave a task. */
#include "criu/kernel/proc/auxv.h"

#include <errno.h>
#include <string.h>

#include "criu/kernel/proc/open.h"

static uint64_t word_at(const char *data, size_t word_size)
{
	uint64_t word;
	uint32_t half;

	if (word_size == sizeof(half)) {
		memcpy(&half, data, sizeof(half));
		return half;
	}
	memcpy(&word, data, sizeof(word));
	return word;
}

int proc_parse_auxv(const char *data, size_t size, size_t word_size, struct proc_auxv *ret_auxv)
{
	struct proc_auxv auxv = { 0 };

	if ((word_size != 4 && word_size != 8) || size % (2 * word_size))
		return -EINVAL;
	for (size_t at = 0; at < size; at += 2 * word_size) {
		uint64_t type = word_at(data + at, word_size);

		if (auxv.count + 2 > PROC_AUXV_MAX)
			return -E2BIG;
		auxv.words[auxv.count++] = type;
		auxv.words[auxv.count++] = word_at(data + at + word_size, word_size);
		if (type == 0)
			break;
	}
	*ret_auxv = auxv;
	return 0;
}

int proc_read_auxv(int task_fd, size_t word_size, struct proc_auxv *ret_auxv)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	int ret = proc_read_file(task_fd, "auxv", PROC_SMALL_FILE_MAX, &data, &size);

	return ret < 0 ? ret : proc_parse_auxv(data, size, word_size, ret_auxv);
}

int proc_find_auxv(const struct proc_auxv *auxv, uint64_t type, uint64_t *ret_value)
{
	for (size_t i = 0; i + 1 < auxv->count; i += 2) {
		if (auxv->words[i] != type)
			continue;
		*ret_value = auxv->words[i + 1];
		return 0;
	}
	return -ENOENT;
}
