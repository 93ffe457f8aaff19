// SPDX-License-Identifier: GPL-2.0-only
/* The kernel notes on a socket who connected it, or listens: pid, user, groups (SO_PEERCRED, SO_PEERGROUPS). So that is
 * done by a process which has these for a moment. It shares our table of descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/log.h"

struct act {
	int result;
	char argument[]; /* of the action: what it changes comes back */
};

/* Capabilities stay: what the others could reach then, they need not now. */
static int become(const UnixCredEntry *cred)
{
	gid_t groups[64];
	size_t nr = cred->n_groups;

	for (size_t i = 0; i < nr && i < 64; i++)
		groups[i] = cred->groups[i];
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) < 0 || nr > 64 || setgroups(nr, groups) < 0 ||
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

int unix_act(const struct unix_stage *stage, int (*action)(void *argument), void *argument, size_t size)
{
	struct act *act;
	pid_t pid;
	int ret;

	if (!stage->cred && stage->root < 0 && !stage->cwd)
		return action(argument);
	act = mmap(NULL, sizeof(*act) + size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
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

/* --- in a task --- */

/* The effective ids alone, by system calls that are for this thread; the saved ones are the way back. */
static int listen_under(int fd, int backlog, const UnixCredEntry *cred)
{
	gid_t groups[64];
	size_t nr = cred->n_groups;
	int ret;

	for (size_t i = 0; i < nr && i < 64; i++)
		groups[i] = cred->groups[i];
	if (nr > 64 || syscall(SYS_setgroups, nr, groups) < 0 || syscall(SYS_setresgid, -1, cred->gid, -1) < 0 ||
	    syscall(SYS_setresuid, -1, cred->uid, -1) < 0)
		return nr > 64 ? -E2BIG : -errno;
	ret = listen(fd, backlog) < 0 ? -errno : 0;
	return ret;
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
