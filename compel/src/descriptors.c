// SPDX-License-Identifier: LGPL-2.1-only
/* Passing descriptors: out of a process by pidfd_getfd, into it over a socket pair that the process makes.
 *
 * Repair must know each descriptor the process got by our doing, at once. So the kernel itself writes their numbers
 * to where repair reads them: socketpair() and the SCM_RIGHTS message put them into the table in the scratch page,
 * which is filled with -1 before. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compel/src/internal.h"

#define TABLE_SENT 3

/* struct cmsghdr without its data of variable size. */
struct control {
	size_t length;
	int level, type;
};

/* The scratch page of the target. control and table stand together: table[0] is where SCM_RIGHTS writes. */
struct scratch {
	struct msghdr message;
	struct iovec vector;
	uint64_t byte;
	struct control control;
	int table[COMPEL_FDS_MAX]; /* received just now, both ends of the socket pair, then those sent */
};

_Static_assert(sizeof(struct scratch) <= COMPEL_SCRATCH, "the scratch is one page");
_Static_assert(sizeof(struct control) == sizeof(struct cmsghdr), "as the kernel has it");
_Static_assert(offsetof(struct scratch, table) - offsetof(struct scratch, control) == CMSG_LEN(0), "data of a cmsg");

int compel_get_fd(struct compel_process *process, int remote, int *ret_fd)
{
	long fd = syscall(SYS_pidfd_getfd, process->pidfd, remote, 0);

	compel_clear_error();
	if (fd < 0)
		return compel_fail(-errno, "pid %d: descriptor %d cannot be had: %s", process->pid, remote,
				   strerror(errno));
	*ret_fd = (int)fd;
	return 0;
}

static uint64_t table_address(const struct compel_process *process, unsigned int n)
{
	return process->injection->scratch + offsetof(struct scratch, table) + n * sizeof(int);
}

/* The table once for an injection, the message each time: the kernel writes lengths back into it. */
static int prepare_scratch(struct compel_process *process)
{
	uint64_t base = process->injection->scratch;
	struct ledger_process *slot = process_slot(process);
	bool first = !atomic_load(&slot->fds);
	struct scratch scratch;
	int error = injection_make_writable(process_live_thread(process));

	if (error)
		return error;
	memset(&scratch, 0, sizeof(scratch));
	memset(scratch.table, 0xff, sizeof(scratch.table));
	scratch.message.msg_iov = (void *)(base + offsetof(struct scratch, vector));
	scratch.message.msg_iovlen = 1;
	scratch.message.msg_control = (void *)(base + offsetof(struct scratch, control));
	scratch.message.msg_controllen = CMSG_LEN(sizeof(int));
	scratch.vector.iov_base = (void *)(base + offsetof(struct scratch, byte));
	scratch.vector.iov_len = 1;
	error = process_write(process, base, &scratch, first ? sizeof(scratch) : offsetof(struct scratch, table));
	if (error)
		return compel_fail(error, "pid %d: writing at %#lx: %s", process->pid, (unsigned long)base,
				   strerror(-error));
	if (first) {
		atomic_store(&slot->nr_fds, TABLE_SENT);
		atomic_store(&slot->fds, base + offsetof(struct scratch, table));
	}
	return 0;
}

static int remote_call(struct compel_process *process, const char *what, long number, const uint64_t arguments[6])
{
	long value;
	int error = stub_syscall(process_live_thread(process), number, arguments, &value);

	if (!error && value < 0)
		error = compel_fail((int)value, "pid %d: %s: %s", process->pid, what, strerror((int)-value));
	return error;
}

/* One byte with @fd into our duplicate of an end of the pair. */
static int push_fd(int socket, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec vector = { "", 1 };
	struct msghdr message = { .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = CMSG_LEN(sizeof(int)) };

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* Sends over the pair @ends of the process, and lets it receive. */
static int transfer(struct compel_process *process, const int ends[2], int fd)
{
	uint64_t base = process->injection->scratch;
	const uint64_t receive[6] = { (uint64_t)ends[1], base + offsetof(struct scratch, message),
				      MSG_DONTWAIT | MSG_CMSG_CLOEXEC };
	int socket, error = compel_get_fd(process, ends[0], &socket);

	if (error)
		return error;
	error = push_fd(socket, fd);
	close(socket);
	if (error)
		return compel_fail(error, "pid %d: descriptor %d cannot be sent: %s", process->pid, fd,
				   strerror(-error));
	return remote_call(process, "receiving a descriptor", arch_nr_recvmsg, receive);
}

static int close_pair(struct compel_process *process, const int ends[2])
{
	const int none[2] = { -1, -1 };
	int error = 0, result;

	for (unsigned int n = 0; n < 2; n++) {
		const uint64_t arguments[6] = { (uint64_t)ends[n] };

		result = remote_call(process, "closing a socket", arch_nr_close, arguments);
		error = error ? error : result;
	}
	result = process_write(process, table_address(process, 1), none, sizeof(none));
	return error ? error : result;
}

/* Table entry 0 goes to a place of its own: written there first, so that it is always in one of them. */
static int keep_received(struct compel_process *process, int *ret_remote)
{
	struct ledger_process *slot = process_slot(process);
	uint32_t nr = atomic_load(&slot->nr_fds);
	int fd, none = -1;
	int error = process_read(process, table_address(process, 0), &fd, sizeof(fd));

	if (!error && fd < 0)
		error = -EMFILE;
	if (error)
		return compel_fail(error, "pid %d: got no descriptor: %s", process->pid, strerror(-error));
	error = process_write(process, table_address(process, nr), &fd, sizeof(fd));
	if (!error) {
		atomic_store(&slot->nr_fds, nr + 1);
		error = process_write(process, table_address(process, 0), &none, sizeof(none));
	}
	if (!error)
		*ret_remote = fd;
	return error;
}

int compel_send_fd(struct compel_process *process, int fd, int *ret_remote)
{
	uint64_t pair[6] = { AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0 };
	int ends[2], error, result;

	compel_clear_error();
	if (!process->injection)
		return compel_fail(-EINVAL, "pid %d: nothing is injected, it cannot receive", process->pid);
	error = prepare_scratch(process);
	if (error)
		return error;
	if (atomic_load(&process_slot(process)->nr_fds) == COMPEL_FDS_MAX)
		return compel_fail(-EMFILE, "pid %d: more than %d descriptors sent", process->pid,
				   COMPEL_FDS_MAX - TABLE_SENT);
	pair[3] = table_address(process, 1);
	error = remote_call(process, "making a pair of sockets", arch_nr_socketpair, pair);
	if (!error)
		error = process_read(process, pair[3], ends, sizeof(ends));
	if (error)
		return error;
	error = transfer(process, ends, fd);
	if (!error)
		error = keep_received(process, ret_remote);
	result = close_pair(process, ends);
	return error ? error : result;
}
