// SPDX-License-Identifier: GPL-2.0-only
/* The kernel notes on a socket who connected it, or listens: pid, user, groups (SO_PEERCRED, SO_PEERGROUPS). So that is
 * done by a process which has these for a moment. It shares our table of descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/log.h"

_Static_assert(sizeof(gid_t) == sizeof(uint32_t), "groups are as in images");

struct act {
	int result;
	char argument[]; /* of the action: what it changes comes back */
};

/* One that stays, in memory shared with it. */
struct unix_actor {
	pid_t pid;
	int pidfd, request, answer; /* eventfd */
	const UnixCredEntry *cred;
	ino_t network; /* the namespace in which it makes sockets */
	int (*action)(void *argument);
	int result;
	char argument[UNIX_ARGUMENT_MAX];
};

/* Capabilities stay: what the others could reach then, they need not now. */
static int become(const UnixCredEntry *cred)
{
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) < 0 || setgroups(cred->n_groups, cred->groups) < 0 ||
	    setresgid(cred->gid, cred->gid, cred->gid) < 0 || setresuid(cred->uid, cred->uid, cred->uid) < 0)
		return -errno;
	return 0;
}

static int enter(const struct unix_stage *stage)
{
	if (stage->root >= 0 && (fchdir(stage->root) < 0 || chroot(".") < 0))
		return -errno;
	if (stage->cwd && chdir(stage->cwd) < 0)
		return -errno;
	return stage->cred ? become(stage->cred) : 0;
}

static pid_t start(const struct unix_stage *stage)
{
	pid_t wanted = stage->cred ? (pid_t)stage->cred->pid : 0;
	struct clone_args arguments = {
		.flags = CLONE_FILES,
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&wanted,
		.set_tid_size = 1,
	};
	long pid = -1;

	if (wanted && wanted != getpid())
		pid = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (pid < 0 && wanted && wanted != getpid())
		log_warn("a socket was connected by process %d, whose pid is not free here: SO_PEERCRED shows another "
			 "one (%s)",
			 wanted, strerror(errno));
	if (pid >= 0)
		return (pid_t)pid;
	arguments.set_tid = arguments.set_tid_size = 0;
	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? 0 : -ECHILD;
}

/* --- for one act --- */

static int act_once(const struct unix_stage *stage, int (*action)(void *argument), void *argument, size_t size)
{
	struct act *act = mmap(NULL, sizeof(*act) + size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);
	pid_t pid;
	int ret;

	if (act == MAP_FAILED)
		return -errno;
	memcpy(act->argument, argument, size);
	pid = start(stage);
	if (pid == 0) {
		act->result = enter(stage);
		if (act->result == 0)
			act->result = action(act->argument);
		_exit(0);
	}
	ret = pid < 0 ? -errno : wait_for(pid);
	if (ret == 0)
		ret = act->result;
	memcpy(argument, act->argument, size);
	munmap(act, sizeof(*act) + size);
	return ret;
}

/* --- one that stays: thousands of connections are mostly made by few processes --- */

static void __attribute__((noreturn)) serve(struct unix_actor *actor, const struct unix_stage *stage, pid_t parent)
{
	int ret = enter(stage);
	eventfd_t asked;

	/* Behind the change of ids, which takes that signal away. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent && eventfd_read(actor->request, &asked) == 0) {
		actor->result = ret < 0 ? ret : actor->action(actor->argument);
		eventfd_write(actor->answer, 1);
	}
	_exit(0);
}

/* 0: unknown. */
static ino_t own_network(void)
{
	struct stat stat_ns;

	return stat("/proc/self/ns/net", &stat_ns) < 0 ? 0 : stat_ns.st_ino;
}

static struct unix_actor *hire(const struct unix_stage *stage)
{
	struct unix_actor *actor = mmap(NULL, sizeof(*actor), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid, self = getpid();

	if (actor == MAP_FAILED)
		return NULL;
	actor->cred = stage->cred;
	actor->network = own_network();
	actor->pidfd = -EBADF;
	actor->request = eventfd(0, EFD_CLOEXEC);
	actor->answer = eventfd(0, EFD_CLOEXEC);
	pid = actor->request < 0 || actor->answer < 0 ? -1 : start(stage);
	if (pid == 0)
		serve(actor, stage, self);
	actor->pid = pid;
	if (pid > 0)
		actor->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (actor->pidfd < 0)
		unix_end_actor(&actor);
	return actor;
}

void unix_end_actor(struct unix_actor **actor)
{
	struct unix_actor *gone = *actor;

	*actor = NULL;
	if (!gone)
		return;
	if (gone->pid > 0) {
		kill(gone->pid, SIGKILL);
		wait_for(gone->pid);
	}
	close(gone->request);
	close(gone->answer);
	close(gone->pidfd);
	munmap(gone, sizeof(*gone));
}

static bool is_fit(const struct unix_actor *actor, const UnixCredEntry *b)
{
	const UnixCredEntry *a = actor->cred;

	return actor->network == own_network() && a->pid == b->pid && a->uid == b->uid && a->gid == b->gid &&
	       a->n_groups == b->n_groups &&
	       (!a->n_groups || memcmp(a->groups, b->groups, a->n_groups * sizeof(*a->groups)) == 0);
}

static int ask(struct unix_actor *actor, int (*action)(void *argument), void *argument, size_t size)
{
	struct pollfd waiting[] = { { .fd = actor->answer, .events = POLLIN },
				    { .fd = actor->pidfd, .events = POLLIN } };
	eventfd_t answered;

	actor->action = action;
	memcpy(actor->argument, argument, size);
	if (eventfd_write(actor->request, 1) < 0)
		return -errno;
	while (poll(waiting, 2, -1) < 0)
		if (errno != EINTR)
			return -errno;
	if (!(waiting[0].revents & POLLIN) || eventfd_read(actor->answer, &answered) < 0)
		return -ECHILD;
	memcpy(argument, actor->argument, size);
	return actor->result;
}

int unix_act(const struct unix_stage *stage, int (*action)(void *argument), void *argument, size_t size)
{
	if (!stage->cred && stage->root < 0 && !stage->cwd)
		return action(argument);
	if (!stage->actor || stage->root >= 0 || stage->cwd || size > UNIX_ARGUMENT_MAX)
		return act_once(stage, action, argument, size);
	if (*stage->actor && !is_fit(*stage->actor, stage->cred))
		unix_end_actor(stage->actor);
	if (!*stage->actor)
		*stage->actor = hire(stage);
	return *stage->actor ? ask(*stage->actor, action, argument, size) : -EAGAIN;
}

/* --- in a task --- */

/* The effective ids alone, by system calls that are for this thread; the saved ones are the way back. */
static int listen_under(int fd, int backlog, const UnixCredEntry *cred)
{
	if (syscall(SYS_setgroups, cred->n_groups, cred->groups) < 0 ||
	    syscall(SYS_setresgid, -1, cred->gid, -1) < 0 || syscall(SYS_setresuid, -1, cred->uid, -1) < 0)
		return -errno;
	return listen(fd, backlog) < 0 ? -errno : 0;
}

int unix_listen_as(int fd, int backlog, const UnixCredEntry *cred)
{
	uid_t uid = geteuid();
	gid_t gid = getegid(), *groups;
	int nr = getgroups(0, NULL), signal = 0, ret;

	groups = nr < 0 ? NULL : calloc((size_t)nr + 1, sizeof(*groups));
	if (!groups || getgroups(nr, groups) < 0 || prctl(PR_GET_PDEATHSIG, &signal) < 0) {
		free(groups);
		return -EIO;
	}
	ret = listen_under(fd, backlog, cred);
	/* Other ids take that signal away (commit_creds in kernel/cred.c). */
	if (syscall(SYS_setresuid, -1, uid, -1) < 0 || syscall(SYS_setresgid, -1, gid, -1) < 0 ||
	    syscall(SYS_setgroups, nr, groups) < 0 || prctl(PR_SET_PDEATHSIG, signal) < 0)
		ret = -errno;
	free(groups);
	return ret;
}
