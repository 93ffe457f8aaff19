// SPDX-License-Identifier: GPL-2.0-only
/* Probes of descriptors: fdinfo, locks, owners, terminals, path look-up. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#include "criu/kernel/probe.h"
#include "criu/kernel/proc/fdinfo.h"
#include "criu/kernel/proc/open.h"
#include "criu/util/cleanup.h"

#ifndef TFD_IOC_SET_TICKS
#define TFD_IOC_SET_TICKS _IOW('T', 0, uint64_t)
#endif
#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS 17
#endif

static int read_own_fdinfo(int fd, proc_fdinfo_line line, void *context, struct proc_fdinfo *ret_fdinfo)
{
	_cleanup_close_ int self = proc_open_task(getpid());

	return self < 0 ? self : proc_read_fdinfo(self, fd, line, context, ret_fdinfo);
}

struct search {
	const char *key;
	bool found;
};

static int find_key(void *context, const char *key, const char *value)
{
	struct search *search = context;

	search->found |= !strcmp(key, search->key);
	return 0;
}

/* Whether fdinfo of @fd, which may be a failed one, has a line @key. */
static int fdinfo_has(int fd, const char *key)
{
	struct search search = { .key = key };
	struct proc_fdinfo fdinfo;
	int ret = fd < 0 ? -EBADF : read_own_fdinfo(fd, find_key, &search, &fdinfo);

	return ret < 0 ? ret : search.found;
}

int probe_mnt_id(struct kernel *kernel)
{
	_cleanup_close_ int fd = memfd_create("probe", MFD_CLOEXEC);
	struct proc_fdinfo fdinfo;
	int ret = fd < 0 ? -errno : read_own_fdinfo(fd, NULL, NULL, &fdinfo);

	return ret < 0 ? ret : fdinfo.mnt_id >= 0;
}

int probe_fdinfo(struct kernel *kernel)
{
	_cleanup_close_ int event = eventfd(0, EFD_CLOEXEC), epoll = epoll_create1(EPOLL_CLOEXEC),
			    signals = -EBADF, inotify = inotify_init1(IN_CLOEXEC);
	struct epoll_event wanted = { .events = EPOLLIN };
	sigset_t none;

	sigemptyset(&none);
	signals = signalfd(-1, &none, SFD_CLOEXEC);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted) < 0 ||
	    inotify_add_watch(inotify, "/", IN_DELETE_SELF) < 0)
		return -errno;
	return fdinfo_has(event, "eventfd-count") == 1 && fdinfo_has(epoll, "tfd") == 1 &&
	       fdinfo_has(signals, "sigmask") == 1 && fdinfo_has(inotify, "inotify wd") == 1;
}

int probe_timerfd(struct kernel *kernel)
{
	_cleanup_close_ int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	uint64_t ticks = 1;
	int ret = fdinfo_has(fd, "clockid");

	return ret <= 0 ? ret : probe_result(ioctl(fd, TFD_IOC_SET_TICKS, &ticks));
}

int probe_fdinfo_lock(struct kernel *kernel)
{
	_cleanup_close_ int fd = memfd_create("probe", MFD_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	return fdinfo_has(fd, "lock");
}

int probe_f_getowner_uids(struct kernel *kernel)
{
	_cleanup_close_ int fd = memfd_create("probe", MFD_CLOEXEC);
	uid_t uids[2];

	return fd < 0 ? -errno : probe_result(fcntl(fd, F_GETOWNER_UIDS, uids));
}

int probe_tty_ioctls(struct kernel *kernel)
{
	_cleanup_close_ int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	int index, locked, packet, exclusive;

	if (master < 0)
		return -errno;
	if (ioctl(master, TIOCGPTN, &index) < 0 || ioctl(master, TIOCGPTLCK, &locked) < 0 ||
	    ioctl(master, TIOCGPKT, &packet) < 0 || ioctl(master, TIOCGEXCL, &exclusive) < 0)
		return probe_result(-1);
	return 1;
}

int probe_openat2(struct kernel *kernel)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	_cleanup_close_ int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how));

	return probe_result(fd);
}

int probe_close_range(struct kernel *kernel)
{
	return probe_result(syscall(SYS_close_range, ~0U, ~0U, 0));
}
