// SPDX-License-Identifier: GPL-2.0-only
/* Resources that live outside of the tree: named at the dump (--external), given at the restore (--inherit-fd). */
#include "criu/objects/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/util/log.h"

static const char inherited_key;

int dump_find_external(const struct dump *dump, const char *key)
{
	const struct text_list *list = &dump->options->externals;

	for (size_t i = 0; i < list->nr; i++)
		if (strcmp(list->items[i], key) == 0)
			return (int)i;
	return -1;
}

static const struct inherited_fd *find_inherited(const struct restore *restore, const char *key, size_t *ret_index)
{
	const struct inherited_fd_list *list = &restore->options->inherit_fds;

	for (size_t i = 0; i < list->nr; i++)
		if (strcmp(list->items[i].key, key) == 0) {
			*ret_index = i;
			return &list->items[i];
		}
	return NULL;
}

bool restore_is_inherited(const struct restore *restore, const char *key)
{
	size_t index;

	return find_inherited(restore, key, &index) != NULL;
}

int restore_save_inherited(struct restore *restore)
{
	const struct inherited_fd_list *list = &restore->options->inherit_fds;

	for (size_t i = 0; i < list->nr; i++) {
		int *service, fd = fcntl(list->items[i].fd, F_DUPFD_CLOEXEC, restore->service_fd_base);

		if (fd < 0)
			return log_errno(errno, "cannot use descriptor %d (--inherit-fd for '%s')",
					 list->items[i].fd, list->items[i].key);
		fd = restore_service_fd(restore, fd);
		if (fd < 0)
			return log_errno(fd, "cannot move descriptor %d (--inherit-fd for '%s')",
					 list->items[i].fd, list->items[i].key);
		service = kind_state_get(&restore->kind_state, &restore->arena, &inherited_key, i,
					 sizeof(*service), NULL);
		*service = fd;
	}
	return 0;
}

void restore_close_inherited(struct restore *restore)
{
	for (size_t i = 0; i < restore->options->inherit_fds.nr; i++) {
		int *service = kind_state_find(&restore->kind_state, &inherited_key, i);

		if (service && *service >= 0)
			close(*service);
		if (service)
			*service = -EBADF;
	}
}

int restore_inherited_fd(const struct restore *restore, const char *key)
{
	const int *service;
	size_t index;

	if (!find_inherited(restore, key, &index))
		return -ENOENT;
	service = kind_state_find(&restore->kind_state, &inherited_key, index);
	return service ? *service : -ENOENT;
}

/* Does a descriptor opened with @flags do what one with @wanted is for? */
static bool access_fits(int flags, int wanted)
{
	return (flags & O_ACCMODE) == O_RDWR || (flags & O_ACCMODE) == (wanted & O_ACCMODE);
}

int restore_reopen_inherited(const struct restore *restore, const char *key, int flags, int *ret_fd)
{
	int inherited = restore_inherited_fd(restore, key), now, fd, error;
	char path[32];

	if (inherited < 0)
		return inherited;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", inherited);
	fd = open(path, flags | O_NOCTTY | O_CLOEXEC);
	error = errno;
	if (fd < 0) {
		/* Sockets have no way to be opened, and some files only one for their owner. */
		now = fcntl(inherited, F_GETFL);
		if (now < 0 || !access_fits(now, flags))
			return -error;
		fd = fcntl(inherited, F_DUPFD_CLOEXEC, 0);
	}
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}
