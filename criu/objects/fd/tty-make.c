// SPDX-License-Identifier: GPL-2.0-only
/* Restore of pairs, with the numbers that they had. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "criu/objects/fd/tty-internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define REOPEN_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_NOATIME)
#define PTMX "/dev/ptmx"
#define HOLDER_SIZE 128
#define PATIENCE 2000 /* milliseconds */

static const char *path_of(const struct restore *restore, const struct file *file)
{
	const TtyFileEntry *record = file->record->tty;
	const struct file *path = record->has_regf_id ? restore_find_file(restore, record->regf_id) : NULL;

	return path && path->record->reg ? path->record->reg->name : NULL;
}

static void path_of_master(const struct restore *restore, const struct file *file, char ret_path[TTY_NODE_SIZE])
{
	const char *path = path_of(restore, file);

	snprintf(ret_path, TTY_NODE_SIZE, "%s", path && path[0] == '/' ? path : PTMX);
}

/* Of a slave whose master is gone: the master beside it. */
static void path_beside_slave(const struct restore *restore, const struct file *file, char ret_path[TTY_NODE_SIZE])
{
	const char *path = path_of(restore, file), *slash = path ? strrchr(path, '/') : NULL;

	if (slash && path[0] == '/' && slash - path < TTY_NODE_SIZE - 8)
		snprintf(ret_path, TTY_NODE_SIZE, "%.*s/ptmx", (int)(slash - path), path);
	else
		snprintf(ret_path, TTY_NODE_SIZE, PTMX);
	/* Its mode may be 0. */
	if (access(ret_path, R_OK | W_OK) < 0)
		snprintf(ret_path, TTY_NODE_SIZE, PTMX);
}

/* --- check --- */

/* The kernel frees numbers when it gets to it, after the end of those who had them. */
static void wait_a_moment(void)
{
	struct timespec moment = { .tv_nsec = 1000 * 1000 };

	nanosleep(&moment, NULL);
}

/* False: it is free, or will be in a moment. */
static bool is_taken(const char *node, uint32_t index, char holder[HOLDER_SIZE])
{
	struct stat st;

	*holder = '\0';
	for (int round = 0; round < PATIENCE; round++) {
		if (lstat(node, &st) < 0)
			return false;
		tty_find_holder(node, index, holder, HOLDER_SIZE);
		if (*holder)
			return true;
		wait_a_moment();
	}
	return true;
}

static void check_number(struct restore *restore, const char *ptmx, const struct tty_info *info)
{
	char node[TTY_NODE_SIZE], holder[HOLDER_SIZE];
	struct stat st;

	if (stat(ptmx, &st) < 0 || !tty_is_master(st.st_rdev)) {
		restore_refuse(restore, NULL, "terminal %u: '%s', by which its pair is to be made, is not there",
			       info->index, ptmx);
		return;
	}
	tty_format_node(node, ptmx, info->index);
	if (!is_taken(node, info->index, holder))
		return;
	restore_refuse(restore, NULL, "terminal '%s': its number is in use here, by %s; end that and try again",
		       node, *holder ? holder : "somebody who is not found here (of another pid namespace?)");
}

int tty_check_pair(struct restore *restore, struct file *file, struct tty_info *info)
{
	struct tty_info *real = tty_real_info(restore, info), *master;
	char path[TTY_NODE_SIZE];

	if (info->id & 1) {
		if (info->master || info->type != TTY_TYPE__PTY)
			return log_fail(-EBADMSG, "files.img: terminal %u has two masters", info->id);
		info->master = file;
		path_of_master(restore, file, path);
		check_number(restore, path, info);
	} else if (real->hung_up) {
		path_beside_slave(restore, file, path);
		if (!real->checked)
			check_number(restore, path, real);
		real->checked = true;
	} else {
		master = tty_peer_info(restore, real);
		if (!master)
			return log_fail(-EBADMSG, "files.img: file %u: its terminal has no master", file->id);
	}
	return 0;
}

/* --- a number --- */

static int open_master(const char *ptmx, int flags, uint32_t *ret_index)
{
	int fd = open(ptmx, flags | O_NOCTTY | O_CLOEXEC), index;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, TIOCGPTN, &index) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	*ret_index = (uint32_t)index;
	return fd;
}

/* The kernel gives the lowest number that is free: those in front of it are kept until it is found. */
static int try_number(const char *ptmx, int flags, uint32_t wanted)
{
	_cleanup_free_ int *others = calloc(wanted + 1UL, sizeof(*others));
	uint32_t nr = 0, index = 0;
	int fd = others ? 0 : -ENOMEM;

	while (fd >= 0 && nr <= wanted) {
		fd = open_master(ptmx, flags, &index);
		if (fd >= 0 && index == wanted)
			break;
		if (fd >= 0)
			others[nr++] = fd;
		if (fd >= 0 && index > wanted)
			fd = -EADDRINUSE;
	}
	for (uint32_t i = 0; i < nr; i++)
		close(others[i]);
	return fd;
}

static int open_numbered(const char *ptmx, int flags, uint32_t wanted)
{
	char node[TTY_NODE_SIZE], holder[HOLDER_SIZE] = "";
	int fd = try_number(ptmx, flags, wanted);

	tty_format_node(node, ptmx, wanted);
	for (int round = 0; fd == -EADDRINUSE && !*holder && round < PATIENCE; round++) {
		wait_a_moment();
		fd = try_number(ptmx, flags, wanted);
		if (fd == -EADDRINUSE)
			tty_find_holder(node, wanted, holder, sizeof(holder));
	}
	return fd;
}

static int fail_number(const char *ptmx, uint32_t index, int error)
{
	char node[TTY_NODE_SIZE], holder[HOLDER_SIZE];

	tty_format_node(node, ptmx, index);
	tty_find_holder(node, index, holder, sizeof(holder));
	if (error == -EADDRINUSE)
		return log_fail(error, "terminal '%s': its number is in use here, by %s", node,
				*holder ? holder : "somebody who is not found here (of another pid namespace?)");
	return log_errno(error, "terminal '%s': cannot be made", node);
}

/* --- a pair --- */

static int set_settings(int master, const struct tty_info *slave)
{
	if (slave->has_winsize && ioctl(master, TIOCSWINSZ, &slave->winsize) < 0)
		return -errno;
	if (slave->has_termios && ioctl(master, TTY_SET_TERMIOS, &slave->termios) < 0)
		return -errno;
	return 0;
}

static bool is_anything_locked(const struct kernel_termios *locked)
{
	static const struct kernel_termios none;

	return memcmp(locked, &none, sizeof(none)) != 0;
}

static int set_locked(int master, const struct tty_info *slave)
{
	struct kernel_termios locked = slave->locked_termios;

	if (!slave->has_locked || !is_anything_locked(&locked))
		return 0;
	return ioctl(master, TTY_SET_LOCKED_TERMIOS, &locked) < 0 ? -errno : 0;
}

static int set_node(const char *ptmx, const struct tty_info *slave)
{
	char node[TTY_NODE_SIZE];
	struct stat st;

	tty_format_node(node, ptmx, slave->index);
	if (lstat(node, &st) < 0 || st.st_rdev != makedev(136, slave->index))
		return -ENXIO;
	if (slave->has_owner && (st.st_uid != slave->uid || st.st_gid != slave->gid) &&
	    chown(node, slave->uid, slave->gid) < 0)
		return -errno;
	if (slave->has_mode && (st.st_mode & 07777) != slave->mode && chmod(node, slave->mode) < 0)
		return -errno;
	return 0;
}

/* A slave that was never opened stays so: it is closed for its master otherwise. */
static int fill_pair(int master, const struct tty_info *info, const struct tty_info *slave)
{
	_cleanup_close_ int fd = -EBADF;
	int unlocked = 0, ret = set_settings(master, slave);

	if (ret < 0 || info->unopened)
		return ret;
	if (ioctl(master, TIOCSPTLCK, &unlocked) < 0)
		return -errno;
	fd = tty_open_slave(master, O_RDWR);
	if (fd < 0)
		return fd;
	return slave->contents && slave->has_termios
		       ? tty_give_contents(master, fd, &slave->termios, slave->contents)
		       : 0;
}

static int make_pair(const struct restore *restore, const struct file *file, const struct tty_info *info, int *ret_fd)
{
	const struct tty_info *slave = tty_peer_info(restore, info);
	char ptmx[TTY_NODE_SIZE];
	_cleanup_close_ int fd = -EBADF;
	int packet = info->packet, ret = 0;

	path_of_master(restore, file, ptmx);
	fd = open_numbered(ptmx, (int)(file->record->tty->flags & REOPEN_FLAGS), info->index);
	if (fd < 0)
		return fail_number(ptmx, info->index, fd);
	if (!slave)
		slave = info;
	ret = fill_pair(fd, info, slave);
	if (ret == 0)
		ret = set_locked(fd, slave);
	if (ret == 0 && slave != info)
		ret = set_node(ptmx, slave);
	if (ret == 0 && packet && ioctl(fd, TIOCPKT, &packet) < 0)
		ret = -errno;
	if (ret < 0)
		return log_errno(ret, "terminal %u of '%s': cannot be set up", info->index, ptmx);
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* --- slaves --- */

static bool is_slave(int fd, uint32_t index)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_rdev == makedev(136, index);
}

static int open_by_master(const struct file *file, const struct tty_info *info, int master, int *ret_fd)
{
	const TtyFileEntry *record = file->record->tty;
	int flags = (int)(record->flags & REOPEN_FLAGS),
	    fd = tty_open_slave(master, flags | (record->by_master ? O_CLOEXEC : 0));

	if (fd < 0 || fcntl(fd, F_SETFL, flags) < 0)
		return log_errno(fd < 0 ? fd : -errno, "file %u: terminal %u cannot be opened", file->id,
				 info->index);
	*ret_fd = fd;
	return 0;
}

static int open_slave(const struct restore *restore, const struct file *file, const struct tty_info *info,
		      int master, int *ret_fd)
{
	const TtyFileEntry *record = file->record->tty;
	const char *path = record->by_master ? NULL : path_of(restore, file);
	_cleanup_close_ int fd = -EBADF;

	if (path)
		fd = open(path, (int)(record->flags & REOPEN_FLAGS) | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || !is_slave(fd, info->index))
		return open_by_master(file, info, master, ret_fd);
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* --- hung up --- */

static bool is_last(const struct restore *restore, const struct file *file)
{
	for (size_t i = 0; i < restore->nr_files; i++) {
		const struct file *other = &restore->files[i];

		if (other != file && other->wanted && other->fd < 0 && other->object == file->object)
			return false;
	}
	return true;
}

static int make_master_to_close(const struct restore *restore, const struct file *file, struct tty_info *info)
{
	char ptmx[TTY_NODE_SIZE];
	int unlocked = 0, fd;

	path_beside_slave(restore, file, ptmx);
	fd = open_numbered(ptmx, O_RDWR, info->index);
	if (fd < 0)
		return fail_number(ptmx, info->index, fd);
	info->last_master = fd;
	if (ioctl(fd, TIOCSPTLCK, &unlocked) < 0)
		return log_errno(errno, "terminal %u of '%s': cannot be unlocked", info->index, ptmx);
	return 0;
}

/* The master goes when all slaves are there. */
static int open_hung_up(const struct restore *restore, const struct file *file, struct tty_info *info, int *ret_fd)
{
	int ret = 0;

	if (!info->last_master)
		ret = make_master_to_close(restore, file, info);
	if (ret == 0)
		ret = open_by_master(file, info, info->last_master, ret_fd);
	if (ret < 0)
		return ret;
	if (is_last(restore, file)) {
		close(info->last_master);
		info->last_master = 0;
	}
	return 0;
}

/* --- /dev/tty: the terminal of who opens it --- */

struct borrowed {
	int fd;
};

static void __attribute__((noreturn))
borrow(int master, const char *path, int flags, volatile struct borrowed *ret)
{
	int slave, fd = -EIO;

	signal(SIGHUP, SIG_IGN);
	signal(SIGCONT, SIG_DFL);
	if (setsid() < 0)
		_exit(1);
	slave = tty_open_slave(master, O_RDWR);
	if (slave >= 0 && ioctl(slave, TIOCSCTTY, 0) == 0) {
		fd = open(path, flags | O_NOCTTY | O_CLOEXEC);
		fd = fd < 0 ? -errno : fd;
		ioctl(slave, TIOCNOTTY);
	}
	if (slave >= 0)
		close(slave);
	ret->fd = fd;
	_exit(0);
}

/* By a process with a session of its own, which has the descriptors of this one. */
static int open_in_session(int master, const char *path, int flags)
{
	struct borrowed *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	int fd;

	if (result == MAP_FAILED)
		return -errno;
	result->fd = -EIO;
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		borrow(master, path, flags, result);
	if (pid < 0)
		result->fd = -errno;
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	fd = result->fd;
	munmap(result, sizeof(*result));
	return fd;
}

static int open_by_session(const struct restore *restore, const struct file *file, const struct file *master,
			   int *ret_fd)
{
	const char *path = path_of(restore, file);
	int fd = open_in_session(master->fd, path ? path : "/dev/tty",
				 (int)(file->record->tty->flags & REOPEN_FLAGS));

	if (fd < 0)
		return log_errno(fd, "file %u: '%s' cannot be opened", file->id, path ? path : "/dev/tty");
	*ret_fd = fd;
	return 0;
}

int tty_open_pair(struct restore *restore, struct file *file, struct tty_info *info, int *ret_fd)
{
	struct tty_info *real = tty_real_info(restore, info), *master;

	if (real->hung_up)
		return open_hung_up(restore, file, real, ret_fd);
	if (real->id & 1)
		return make_pair(restore, file, real, ret_fd);
	master = tty_peer_info(restore, real);
	if (!master->master || master->master->fd < 0)
		return -EAGAIN;
	if (info != real)
		return open_by_session(restore, file, master->master, ret_fd);
	return open_slave(restore, file, real, master->master->fd, ret_fd);
}

static int exclude_others(int master, const struct tty_info *info)
{
	_cleanup_close_ int fd = tty_open_slave(master, O_RDWR);

	if (fd < 0 || ioctl(fd, TIOCEXCL) < 0)
		return log_errno(fd < 0 ? fd : -errno, "terminal %u: cannot be made exclusive", info->index);
	return 0;
}

/* What keeps others from opening it comes last. */
int tty_finish_pair(const struct restore *restore, const struct file *file, const struct tty_info *info)
{
	const struct tty_info *slave = tty_peer_info(restore, info);
	int locked = info->locked, ret = 0;

	if (!(info->id & 1))
		return 0;
	if (slave && slave->exclusive)
		ret = exclude_others(file->fd, slave);
	if (ret == 0 && info->exclusive && ioctl(file->fd, TIOCEXCL) < 0)
		return log_errno(errno, "terminal %u: its master cannot be made exclusive", info->index);
	if (ret == 0 && ioctl(file->fd, TIOCSPTLCK, &locked) < 0)
		return log_errno(errno, "terminal %u: cannot be locked", info->index);
	return ret;
}
