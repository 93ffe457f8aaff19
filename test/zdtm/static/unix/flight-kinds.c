// SPDX-License-Identifier: GPL-2.0-only
/* One descriptor of each kind in flight, which nobody has but the queue of a socket: with what is in it, its flags, and whom
 * it sends which signal to.
 *
 * options: --file-locks
 */
#include "test.h"

#include "messages.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define SIGNAL (SIGRTMIN + 3)

static pid_t child;
static int target; /* of the epoll, which is not in flight */

static int read_is(int fd, const char *text)
{
	char got[100] = { 0 };

	return read(fd, got, sizeof(got) - 1) == (ssize_t)strlen(text) && !strcmp(got, text);
}

static int new_eventfd(void)
{
	return must(eventfd(7, EFD_NONBLOCK));
}

static int is_eventfd(int fd)
{
	eventfd_t value;

	return eventfd_read(fd, &value) == 0 && value == 7;
}

static int new_timer(void)
{
	struct itimerspec in = { .it_value.tv_sec = 5000, .it_interval.tv_sec = 77 };
	int fd = must(timerfd_create(CLOCK_MONOTONIC, 0));

	must(timerfd_settime(fd, 0, &in, NULL));
	return fd;
}

static int is_timer(int fd)
{
	struct itimerspec in;

	return timerfd_gettime(fd, &in) == 0 && in.it_interval.tv_sec == 77 && in.it_value.tv_sec > 4000;
}

static int new_signals(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	must(sigprocmask(SIG_BLOCK, &mask, NULL));
	must(raise(SIGUSR2));
	return must(signalfd(-1, &mask, SFD_NONBLOCK));
}

static int is_signals(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGUSR2;
}

static int new_memory(void)
{
	int fd = must(memfd_create("flying", MFD_ALLOW_SEALING));

	must(write(fd, "memory", 6));
	must(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	return fd;
}

static int is_memory(int fd)
{
	return fcntl(fd, F_GET_SEALS) == F_SEAL_GROW && lseek(fd, 0, SEEK_SET) == 0 && read_is(fd, "memory");
}

static int new_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 99 };
	int fd = must(epoll_create1(0));

	must(epoll_ctl(fd, EPOLL_CTL_ADD, target, &event));
	return fd;
}

static int is_epoll(int fd)
{
	struct epoll_event event = { 0 };

	return epoll_wait(fd, &event, 1, 0) == 1 && event.data.u32 == 99;
}

static int new_pipe(void)
{
	int ends[2];

	must(pipe(ends));
	must(write(ends[1], "piped", 5));
	must(close(ends[1]));
	return ends[0];
}

static int is_pipe(int fd)
{
	return read_is(fd, "piped") && read_is(fd, "");
}

static int new_fifo(void)
{
	int fd;

	must(mkfifo("fifo", 0600));
	fd = must(open("fifo", O_RDWR | O_NONBLOCK));
	must(write(fd, "fifo", 4));
	return fd;
}

static int is_fifo(int fd)
{
	return read_is(fd, "fifo");
}

static int new_watch(void)
{
	int fd = must(inotify_init1(IN_NONBLOCK));

	must(mkdir("watched", 0700));
	check(inotify_add_watch(fd, "watched", IN_CREATE) == 1, "another watch");
	return fd;
}

static int is_watch(int fd)
{
	char event[300];

	must(close(must(open("watched/new", O_CREAT | O_RDWR, 0600))));
	return read(fd, event, sizeof(event)) > 0 && ((struct inotify_event *)event)->wd == 1;
}

static int new_pidfd(void)
{
	return must(syscall(SYS_pidfd_open, child, 0));
}

static int is_pidfd(int fd)
{
	return syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0 && waitpid(child, NULL, 0) == child;
}

static int new_terminal(void)
{
	struct winsize size = { .ws_row = 33, .ws_col = 44 };
	int fd = must(posix_openpt(O_RDWR | O_NOCTTY));

	must(grantpt(fd));
	must(unlockpt(fd));
	must(ioctl(fd, TIOCSWINSZ, &size));
	return fd;
}

static int is_terminal(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row == 33 && size.ws_col == 44;
}

static int new_namespace(void)
{
	return must(open("/proc/self/ns/uts", O_RDONLY));
}

static int is_namespace(int fd)
{
	struct stat one, other;

	return fstat(fd, &one) == 0 && stat("/proc/self/ns/uts", &other) == 0 && one.st_ino == other.st_ino;
}

static int new_locked(void)
{
	int fd = must(open("locked", O_RDWR | O_CREAT, 0600));

	must(write(fd, "locked", 6));
	must(lseek(fd, 2, SEEK_SET));
	must(flock(fd, LOCK_EX));
	return fd;
}

static int is_locked(int fd)
{
	int other = must(open("locked", O_RDWR)),
	    busy = flock(other, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;

	must(close(other));
	return busy && read_is(fd, "cked");
}

static int new_deleted(void)
{
	int fd = must(open("deleted", O_RDWR | O_CREAT, 0600));

	must(write(fd, "ghost", 5));
	must(unlink("deleted"));
	return fd;
}

static int is_deleted(int fd)
{
	return lseek(fd, 0, SEEK_SET) == 0 && read_is(fd, "ghost");
}

static int new_listener(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "listener" };
	int fd = must(socket(AF_UNIX, SOCK_STREAM, 0));

	must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	must(listen(fd, 3));
	return fd;
}

static int is_listener(int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "listener" };
	int client = must(socket(AF_UNIX, SOCK_STREAM, 0));

	return connect(client, (struct sockaddr *)&address, sizeof(address)) == 0 && accept(fd, NULL, NULL) >= 0;
}

static int new_udp(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0));

	must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

static int is_bound(int fd)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 && address.sin_port;
}

static int new_tcp(void)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));

	must(listen(fd, 3));
	return fd;
}

static int new_netlink(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int fd = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));

	must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

static int is_netlink(int fd)
{
	struct sockaddr_nl address;
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 && address.nl_pid;
}

static int new_queue(void)
{
	struct mq_attr attributes = { .mq_maxmsg = 3, .mq_msgsize = 20 };
	mqd_t queue = mq_open("/flying", O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);

	must(queue);
	must(mq_send(queue, "message", 7, 1));
	must(mq_unlink("/flying"));
	return queue;
}

static int is_queue(int fd)
{
	char got[20];

	return mq_receive(fd, got, sizeof(got), NULL) == 7 && !memcmp(got, "message", 7);
}

static const struct kind {
	const char *name;
	int (*make)(void);
	int (*is)(int fd);
	int owned; /* its signals are asked for */
} kinds[] = {
	{ "eventfd", new_eventfd, is_eventfd, 1 },
	{ "timerfd", new_timer, is_timer, 1 },
	{ "signalfd", new_signals, is_signals, 1 },
	{ "memfd", new_memory, is_memory, 1 },
	{ "epoll", new_epoll, is_epoll, 1 },
	{ "pipe", new_pipe, is_pipe, 2 },
	{ "fifo", new_fifo, is_fifo, 2 },
	{ "inotify", new_watch, is_watch, 2 },
	{ "pidfd", new_pidfd, is_pidfd, 0 },
	{ "terminal", new_terminal, is_terminal, 1 },
	{ "namespace", new_namespace, is_namespace, 0 },
	{ "locked file", new_locked, is_locked, 1 },
	{ "deleted file", new_deleted, is_deleted, 1 },
	{ "unix listener", new_listener, is_listener, 2 },
	{ "udp", new_udp, is_bound, 2 },
	{ "tcp", new_tcp, is_bound, 2 },
	{ "netlink", new_netlink, is_netlink, 2 },
	{ "mqueue", new_queue, is_queue, 1 },
};

static void give_owner(const struct kind *kind, int fd)
{
	if (!kind->owned)
		return;
	must(fcntl(fd, F_SETOWN, getpid()));
	must(fcntl(fd, F_SETSIG, SIGNAL));
	if (kind->owned == 2)
		must(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC));
}

static void check_owner(const struct kind *kind, int fd)
{
	if (!kind->owned)
		return;
	check(fcntl(fd, F_GETOWN) == getpid(), "%s: it belongs to %d", kind->name, fcntl(fd, F_GETOWN));
	check(fcntl(fd, F_GETSIG) == SIGNAL, "%s: it sends signal %d", kind->name, fcntl(fd, F_GETSIG));
	check(!(fcntl(fd, F_GETFL) & O_ASYNC) == (kind->owned != 2), "%s: O_ASYNC is another one", kind->name);
}

static void sleep_on(void *arg)
{
	(void)arg;
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	int pairs[ARRAY_SIZE(kinds)][2], fd;

	test_init(argc, argv);
	signal(SIGNAL, SIG_IGN);
	child = test_child(sleep_on, NULL);
	target = must(eventfd(1, 0));
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		must(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]));
		fd = kinds[i].make();
		give_owner(&kinds[i], fd);
		message_send_fd(pairs[i][0], "x", fd);
		must(close(fd));
	}

	test_ready();
	test_wait();

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		fd = message_receive_fd(pairs[i][1], "x");
		check_owner(&kinds[i], fd);
		check(kinds[i].is(fd), "%s: it is not what it was: %m", kinds[i].name);
	}
	pass();
}
