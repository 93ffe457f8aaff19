// SPDX-License-Identifier: GPL-2.0-only
/* Dump of terminals: which ones there are, which of them are pairs of the tree, and what cannot be kept. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "criu/kernel/proc/open.h"
#include "criu/model/fd-walk.h"
#include "criu/model/sessions.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/tty-internal.h"
#include "criu/objects/inherit.h"
#include "criu/objects/kinds.h"
#include "criu/objects/outside.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#ifndef TIOCGPKT
#define TIOCGPKT _IOR('T', 0x38, int)
#define TIOCGPTLCK _IOR('T', 0x39, int)
#endif

#define INDEX_EXTERNAL 1012
#define INDEX_OF_PAIRS_MAX 1000 /* such ones are their own number in images */
#define INDEX_FURTHER 2048	/* second ones of their kind */

extern const struct fd_kind tty_kind;
static const char pairs_key, master_key, look_key, number_key, further_key;

struct pairs {
	struct tty_pairs list;
	bool failed;
	uint32_t nr_further;
};

/* --- numbers in images --- */

struct claim {
	uint64_t object;
};

static struct pairs *pairs_state(struct dump *dump, bool *ret_new)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &pairs_key, 0, sizeof(struct pairs), ret_new);
}

/* The first @object that asks for @number gets it; others get one behind all of those. */
static uint32_t claim_number(struct dump *dump, uint32_t number, uint64_t object)
{
	uint32_t *further;
	struct claim *claim;
	bool is_new;

	claim = kind_state_get(&dump->kind_state, &dump->arena, &number_key, number, sizeof(*claim), &is_new);
	if (is_new)
		claim->object = object;
	if (claim->object == object)
		return number;
	further = kind_state_get(&dump->kind_state, &dump->arena, &further_key,
				 object ^ (uint64_t)number << 52, sizeof(*further), &is_new);
	if (is_new)
		*further = INDEX_FURTHER + pairs_state(dump, NULL)->nr_further++;
	return *further;
}

static uint32_t claim_index(struct dump *dump, dev_t devpts, uint32_t index)
{
	uint64_t object = (uint64_t)devpts << 21 | index;

	return claim_number(dump, index <= INDEX_OF_PAIRS_MAX ? index : INDEX_FURTHER - 1, object + 1);
}

/* --- the pairs of the tree --- */

static int fill_master(struct dump *dump, const struct fd_info *fd, struct tty_pair *pair)
{
	_cleanup_close_ int master = -EBADF;
	struct pollfd poller = { .events = POLLIN };
	int index = 0, locked = 0, packet = 0, id, ret = fd_duplicate(fd, &master);
	char node[TTY_NODE_SIZE];
	struct stat stat_of_node;

	if (ret < 0)
		return ret;
	if (ioctl(master, TIOCGPTN, &index) < 0 || ioctl(master, TIOCGPTLCK, &locked) < 0 ||
	    ioctl(master, TIOCGPKT, &packet) < 0)
		return -errno;
	tty_format_node(node, fd->link, (uint32_t)index);
	if (stat(node, &stat_of_node) < 0 || stat_of_node.st_rdev != makedev(136, (unsigned int)index))
		return -ENXIO;
	pair->node = arena_strdup(&dump->arena, node);
	pair->devpts = stat_of_node.st_dev;
	pair->index = (uint32_t)index;
	pair->locked = locked;
	pair->packet = packet;
	pair->master = fd;
	poller.fd = master;
	pair->closed = poll(&poller, 1, 0) == 1 && poller.revents & POLLHUP;
	pair->sid = ioctl(master, TIOCGSID, &id) == 0 && id > 0 ? (uint32_t)id : 0;
	pair->pgrp = ioctl(master, TIOCGPGRP, &id) == 0 && id > 0 ? (uint32_t)id : 0;
	return 0;
}

static int add_master(struct dump *dump, struct pairs *pairs, const struct fd_info *fd)
{
	struct tty_pair *pair;
	bool is_new;
	int ret;

	pair = kind_state_get(&dump->kind_state, &dump->arena, &master_key, fd->file_id, sizeof(*pair), &is_new);
	if (!is_new)
		return 0;
	ret = fill_master(dump, fd, pair);
	if (ret == -ENXIO) {
		dump_refuse(dump, fd->task,
			    "%s: its slave is not found beside it, where a mount may cover it; close it before the dump",
			    fd_describe(dump, fd));
		return 0;
	}
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	pair->number = claim_index(dump, pair->devpts, pair->index);
	SLIST_INSERT_HEAD(&pairs->list, pair, link);
	return 0;
}

/* --- one terminal --- */

static struct tty_pair *find_pair(const struct tty_pairs *pairs, dev_t devpts, uint32_t index)
{
	struct tty_pair *pair;

	SLIST_FOREACH(pair, pairs, link)
		if (pair->index == index && (!devpts || pair->devpts == devpts))
			return pair;
	return NULL;
}

static int find_external(const struct dump *dump, const struct fd_info *fd)
{
	char key[TTY_KEY_SIZE];

	tty_format_key(key, fd->stat.st_rdev, fd->stat.st_dev);
	return dump_find_external(dump, key);
}

static void look_at_master(const struct dump *dump, const struct fd_info *fd, struct tty *tty)
{
	struct tty_pair *pair = kind_state_find(&dump->kind_state, &master_key, fd->file_id);

	tty->master = true;
	tty->type = TTY_TYPE__PTY;
	if (!pair || !pair->node)
		return;
	tty->pair = pair;
	tty->index = pair->index;
	tty->id = 2 * pair->number + 1;
}

/* What has hung up never comes back, while its number may be in use again. */
static void look_at_slave(struct dump *dump, const struct fd_info *fd, const struct tty_pairs *pairs,
			  int duplicate, struct tty *tty)
{
	struct kernel_termios termios;

	tty->index = minor(fd->stat.st_rdev);
	tty->hung_up = ioctl(duplicate, TTY_GET_TERMIOS, &termios) < 0 && errno == EIO;
	if (tty->hung_up) {
		tty->id = 2 * claim_number(dump, INDEX_FURTHER - 2, (uint64_t)fd->stat.st_dev << 21 | tty->index);
		return;
	}
	tty->pair = find_pair(pairs, fd->stat.st_dev, tty->index);
	tty->id = 2 * (tty->pair ? tty->pair->number : claim_index(dump, fd->stat.st_dev, tty->index));
	if (tty->pair)
		tty->pair->has_slave = true;
}

/* /dev/tty: the device that was opened by this name is told by the kernel. */
static void look_at_other(struct dump *dump, const struct fd_info *fd, const struct tty_pairs *pairs,
			  int duplicate, struct tty *tty)
{
	unsigned int device = 0;
	uint32_t number = tty->index;

	if (tty->type != TTY_TYPE__CTTY) {
		tty->id = 2 * claim_number(dump, number, fd->stat.st_rdev);
		return;
	}
	if (ioctl(duplicate, TIOCGDEV, &device) == 0 && major(device) == 136)
		tty->pair = find_pair(pairs, 0, minor(device));
	if (tty->pair)
		tty->pair->has_slave = true;
	tty->id = 2 * claim_number(dump, number, tty->pair ? (uintptr_t)tty->pair : 1);
}

static int look(struct dump *dump, const struct fd_info *fd, const struct tty_pairs *pairs, struct tty *tty)
{
	_cleanup_close_ int duplicate = -EBADF;
	int external = find_external(dump, fd), ret = fd_duplicate(fd, &duplicate);

	if (ret < 0)
		return ret;
	tty->type = tty_type_of(fd->stat.st_rdev, &tty->index);
	if (external >= 0) {
		tty->external = true;
		tty->id = 2 * (INDEX_EXTERNAL + (uint32_t)external);
	} else if (tty_is_master(fd->stat.st_rdev)) {
		look_at_master(dump, fd, tty);
	} else if (tty->type == TTY_TYPE__PTY) {
		look_at_slave(dump, fd, pairs, duplicate, tty);
	} else {
		look_at_other(dump, fd, pairs, duplicate, tty);
	}
	return 0;
}

const struct tty *tty_look(struct dump *dump, const struct fd_info *fd)
{
	const struct tty_pairs *pairs = tty_pairs_of(dump);
	struct tty *tty;
	bool is_new;
	int ret;

	if (!pairs)
		return NULL;
	tty = kind_state_get(&dump->kind_state, &dump->arena, &look_key, fd->file_id, sizeof(*tty), &is_new);
	ret = is_new ? look(dump, fd, pairs, tty) : 0;
	if (ret == 0)
		return tty;
	log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	return NULL;
}

/* --- all of them --- */

/* A master sees that its slave was closed by all who had it, but not that nobody has opened it. */
static int look_at_all(struct dump *dump, struct pairs *pairs)
{
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;
	struct tty_pair *pair;

	while ((fd = fd_walk_next(&walk)))
		if (fd->kind == &tty_kind && !tty_look(dump, fd))
			return -EIO;
	SLIST_FOREACH(pair, &pairs->list, link)
		pair->unopened = !pair->closed && !pair->has_slave;
	return 0;
}

const struct tty_pairs *tty_pairs_of(struct dump *dump)
{
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;
	bool is_new;
	struct pairs *pairs = pairs_state(dump, &is_new);

	while (is_new && !pairs->failed && (fd = fd_walk_next(&walk)))
		if (fd->kind == &tty_kind && tty_is_master(fd->stat.st_rdev))
			pairs->failed = add_master(dump, pairs, fd) < 0;
	if (is_new && !pairs->failed)
		pairs->failed = look_at_all(dump, pairs) < 0;
	return pairs->failed ? NULL : &pairs->list;
}

/* --- what cannot be kept --- */

static bool is_this_slave(const struct outside_fd *other, const struct tty_pair *pair)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", other->pid, other->fd);
	return stat(path, &st) == 0 && st.st_dev == pair->devpts && minor(st.st_rdev) == pair->index;
}

static bool is_this_master(const struct outside_fd *other, const struct tty_pair *pair)
{
	_cleanup_close_ int task_fd = proc_open_task(other->pid);

	return task_fd >= 0 && tty_is_master_of(task_fd, other->fd, pair->index);
}

static int refuse_holders(struct dump *dump, const struct fd_info *fd, const struct tty_pair *pair,
			  const char *name, const char *what,
			  bool (*is_it)(const struct outside_fd *other, const struct tty_pair *pair))
{
	const struct outside_fd *others;
	ssize_t nr = outside_find_fds(dump, name, &others);

	for (ssize_t i = 0; i < nr; i++)
		if (is_it(&others[i], pair)) {
			dump_refuse(dump, fd->task,
				    "%s: %s is also open in process %d (%s, descriptor %d), which is outside of the "
				    "tree; dump that process, too, or close it there before the dump",
				    fd_describe(dump, fd), what, others[i].pid, others[i].comm, others[i].fd);
			break;
		}
	return nr < 0 ? (int)nr : 0;
}

static const char *master_problem(struct dump *dump, const struct fd_info *fd, const struct tty_pair *pair)
{
	_cleanup_close_ int master = -EBADF;
	struct pollfd poller = { .events = POLLIN | POLLPRI };
	int ret = fd_duplicate(fd, &master);

	if (ret < 0)
		return "cannot be looked at";
	poller.fd = master;
	ret = poll(&poller, 1, 0);
	if (ret == 1 && pair->packet && poller.revents & POLLPRI)
		return "a change of state waits to be read (TIOCPKT), which cannot be kept; read it before the dump";
	if (ret == 1 && pair->unopened && poller.revents & POLLIN)
		return "what waits in it cannot be kept as long as nobody has opened its slave; open that, or read it "
		       "before the dump";
	if (pair->sid && !session_has_leader(&dump->tasks, (pid_t)pair->sid))
		return "it is the controlling terminal of a session whose leader is outside of the tree; dump that "
		       "process, too";
	return NULL;
}

int tty_survey_pair(struct dump *dump, const struct fd_info *fd, const struct tty *tty)
{
	const struct tty_pair *pair = tty->pair;
	const char *problem;
	int ret;

	if (!tty->master)
		return 0;
	problem = master_problem(dump, fd, pair);
	if (problem)
		dump_refuse(dump, fd->task, "%s: %s", fd_describe(dump, fd), problem);
	ret = refuse_holders(dump, fd, pair, fd->link, "this master", is_this_master);
	return ret < 0 ? ret : refuse_holders(dump, fd, pair, pair->node, "its slave", is_this_slave);
}
