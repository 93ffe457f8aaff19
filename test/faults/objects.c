// SPDX-License-Identifier: GPL-2.0-only
/* A tree of kernel objects with contents: queues that are only seen by taking them apart, counters, rings, watches, names
 * that outlive a process. What goes in is numbered and comes out a few rounds later; every process looks that it has as
 * many descriptors as before. Whoever goes round counts in the file "counters", where the driver sees it. */
#include "../zdtm/static/io-uring/ring.h"
#include "test.h"

#include "counters.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <mqueue.h>
#include <net/if.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* The driver knows the order. */
enum counter { EVENTS, TERMINALS, QUEUES, SOCKETS, WATCHES, RINGS, COUNTERS };

#define AHEAD 4U /* rounds that a thing waits */
#define WORDS 100U
#define WORDS_OF_TERMINAL 900U
#define LINE 12
#define QUEUE "/faults-objects"
#define QUEUED SIGRTMIN

static void count(enum counter which)
{
	__atomic_add_fetch(&counters[which], 1, __ATOMIC_SEQ_CST);
	usleep(500);
}

static int nr_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int nr = 0;

	check(directory, "no /proc/self/fd");
	while (readdir(directory))
		nr++;
	closedir(directory);
	return nr;
}

/* Goes round until it is told to end. */
static void go_round(enum counter which, void (*round)(void *object, uint32_t number), void *object)
{
	int nr;

	test_ready();
	nr = nr_descriptors();
	for (uint32_t number = 0; !test_stopped(); number++) {
		round(object, number);
		if (number % 16 == 0)
			check(nr_descriptors() == nr, "%d descriptors became %d", nr, nr_descriptors());
		count(which);
	}
}

static void get(int fd, void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = read(fd, (char *)data + done, size - done);

		check(got > 0 || (got < 0 && errno == EINTR), "descriptor %d: read: %zd, %s", fd, got,
		      strerror(errno));
		done += got > 0 ? (size_t)got : 0;
	}
}

static void put_word(int fd, uint32_t word)
{
	check(must(write(fd, &word, sizeof(word))) == sizeof(word), "a word does not fit");
}

static void expect_word(int fd, uint32_t word, const char *what)
{
	uint32_t got;

	get(fd, &got, sizeof(got));
	check(got == word, "%s has %u instead of %u", what, got, word);
}

/* --- descriptors of events --- */

struct events {
	int counter, timer, signals, parent, outer, inner, memory, leased;
};

static void queue_signal(uint32_t number)
{
	must(sigqueue(getpid(), QUEUED, (union sigval){ .sival_int = (int)number }));
}

static void make_events(struct events *events)
{
	struct itimerspec every = { { 0, 1000000 }, { 0, 1000000 } };
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 77 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, QUEUED);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	events->counter = must(eventfd(7, EFD_NONBLOCK));
	events->timer = must(timerfd_create(CLOCK_MONOTONIC, 0));
	must(timerfd_settime(events->timer, 0, &every, NULL));
	events->signals = must(signalfd(-1, &set, 0));
	events->parent = must(syscall(SYS_pidfd_open, getppid(), 0));
	events->inner = must(epoll_create1(0));
	events->outer = must(epoll_create1(0));
	must(epoll_ctl(events->inner, EPOLL_CTL_ADD, events->counter, &event));
	event.data.u64++;
	must(epoll_ctl(events->outer, EPOLL_CTL_ADD, events->inner, &event));
	events->memory = must(memfd_create("sealed", MFD_ALLOW_SEALING));
	must(write(events->memory, "contents", 8));
	must(fcntl(events->memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
	close(must(open("leased", O_RDWR | O_CREAT, 0600)));
	events->leased = must(open("leased", O_RDONLY));
	must(fcntl(events->leased, F_SETLEASE, F_RDLCK));
	for (uint32_t i = 0; i < AHEAD; i++)
		queue_signal(i);
}

static void round_of_events(void *object, uint32_t number)
{
	const struct events *events = object;
	struct signalfd_siginfo info;
	struct epoll_event event;
	uint64_t value = 0;
	char text[9] = "";

	check(epoll_wait(events->outer, &event, 1, 0) == 1 && event.data.u64 == 78, "no event of epoll in epoll");
	check(epoll_wait(events->inner, &event, 1, 0) == 1 && event.data.u64 == 77, "no event of epoll");
	get(events->counter, &value, sizeof(value));
	check(value == 7, "eventfd has %lu", (unsigned long)value);
	must(write(events->counter, &value, sizeof(value)));
	get(events->timer, &value, sizeof(value));
	check(value > 0, "timerfd has not expired");
	queue_signal(number + AHEAD);
	get(events->signals, &info, sizeof(info));
	check(info.ssi_int == (int)number, "signal %d instead of %u", info.ssi_int, number);
	must(syscall(SYS_pidfd_send_signal, events->parent, 0, NULL, 0));
	check(pread(events->memory, text, 8, 0) == 8 && !strcmp(text, "contents"), "memfd has '%s'", text);
	check(fcntl(events->memory, F_GET_SEALS) == (F_SEAL_SHRINK | F_SEAL_GROW), "other seals");
	check(fcntl(events->leased, F_GETLEASE) == F_RDLCK, "the lease is gone");
}

static void events(void *arg)
{
	struct events events;

	make_events(&events);
	go_round(EVENTS, round_of_events, &events);
}

/* --- terminals: one with bytes in both directions, one with lines --- */

struct terminals {
	int master, slave, master_of_lines, lines;
};

static void put_line(int fd, uint32_t number)
{
	char line[LINE + 1];

	snprintf(line, sizeof(line), "%0*u\n", LINE - 1, number);
	check(must(write(fd, line, LINE)) == LINE, "a line does not fit");
}

static void round_of_terminals(void *object, uint32_t number)
{
	const struct terminals *terminals = object;
	char line[2 * LINE] = "";
	ssize_t got;

	put_word(terminals->slave, number + WORDS_OF_TERMINAL);
	expect_word(terminals->master, number, "output of a terminal");
	put_word(terminals->master, number + WORDS_OF_TERMINAL);
	expect_word(terminals->slave, number, "input of a terminal");
	put_line(terminals->master_of_lines, number + AHEAD);
	got = must(read(terminals->lines, line, sizeof(line)));
	check(got == LINE && atoi(line) == (int)number, "line '%.*s' instead of %u", (int)got, line, number);
}

static void terminals(void *arg)
{
	struct terminals terminals;
	struct termios settings;

	must(openpty(&terminals.master, &terminals.slave, NULL, NULL, NULL));
	must(openpty(&terminals.master_of_lines, &terminals.lines, NULL, NULL, NULL));
	must(tcgetattr(terminals.slave, &settings));
	cfmakeraw(&settings);
	must(tcsetattr(terminals.slave, TCSANOW, &settings));
	must(tcgetattr(terminals.lines, &settings));
	settings.c_lflag &= ~(tcflag_t)ECHO;
	must(tcsetattr(terminals.lines, TCSANOW, &settings));
	for (uint32_t i = 0; i < WORDS_OF_TERMINAL; i++) {
		put_word(terminals.slave, i);
		put_word(terminals.master, i);
	}
	for (uint32_t i = 0; i < AHEAD; i++)
		put_line(terminals.master_of_lines, i);
	go_round(TERMINALS, round_of_terminals, &terminals);
}

/* --- IPC: POSIX message queues are kept in the namespace of criu alone --- */

struct queues {
	mqd_t posix;
	int messages, semaphores, segment;
	uint32_t *memory;
};

struct message {
	long type;
	uint32_t number;
};

static bool own_ipc(void)
{
	return getenv("FAULTS_OWN_IPC") != NULL;
}

static void send_all(const struct queues *queues, uint32_t number)
{
	struct message message = { 1, number };

	if (!own_ipc())
		must(mq_send(queues->posix, (char *)&number, sizeof(number), 2));
	must(msgsnd(queues->messages, &message, sizeof(number), 0));
}

static void make_queues(struct queues *queues)
{
	struct mq_attr attributes = { .mq_maxmsg = 2 * AHEAD, .mq_msgsize = 64 };
	struct message last = { 9, 99 };

	if (!own_ipc()) {
		queues->posix = must(mq_open(QUEUE, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes));
		must(mq_send(queues->posix, "last", 5, 1));
	}
	queues->messages = must(msgget(0x51510009, IPC_CREAT | IPC_EXCL | 0600));
	queues->semaphores = must(semget(0x51510009, 2, IPC_CREAT | IPC_EXCL | 0600));
	queues->segment = must(shmget(0x51510009, 3 * TEST_PAGE, IPC_CREAT | IPC_EXCL | 0600));
	queues->memory = shmat(queues->segment, NULL, 0);
	check(queues->memory != (void *)-1, "shmat");
	must(msgsnd(queues->messages, &last, sizeof(last.number), 0));
	must(semctl(queues->semaphores, 0, SETVAL, 3));
	for (uint32_t i = 0; i < AHEAD; i++)
		send_all(queues, i);
}

static void receive_posix(mqd_t queue, uint32_t number)
{
	uint32_t got[16] = { 0 };
	struct mq_attr attributes;
	unsigned int priority = 0;
	ssize_t size = must(mq_receive(queue, (char *)got, sizeof(got), &priority));

	check(size == sizeof(number) && priority == 2 && got[0] == number,
	      "message %u of %zd bytes and priority %u instead of %u", got[0], size, priority, number);
	must(mq_getattr(queue, &attributes));
	check(attributes.mq_curmsgs == AHEAD + 1, "%ld messages wait", attributes.mq_curmsgs);
}

static void round_of_queues(void *object, uint32_t number)
{
	const struct queues *queues = object;
	struct sembuf up = { 0, 1, SEM_UNDO }, down = { 0, -1, SEM_UNDO };
	struct message message = { 0 };

	send_all(queues, number + AHEAD);
	if (!own_ipc())
		receive_posix(queues->posix, number);
	must(msgrcv(queues->messages, &message, sizeof(number), 1, IPC_NOWAIT));
	check(message.number == number, "System V message %u instead of %u", message.number, number);
	must(semop(queues->semaphores, &up, 1));
	check(must(semctl(queues->semaphores, 0, GETVAL)) == 4, "the semaphore is another");
	must(semop(queues->semaphores, &down, 1));
	check(queues->memory[600] == number, "the segment has %u instead of %u", queues->memory[600], number);
	queues->memory[600] = number + 1;
}

static void queues(void *arg)
{
	struct queues queues;

	make_queues(&queues);
	go_round(QUEUES, round_of_queues, &queues);
	if (!own_ipc())
		must(mq_unlink(QUEUE));
	must(msgctl(queues.messages, IPC_RMID, NULL));
	must(semctl(queues.semaphores, 0, IPC_RMID));
	must(shmctl(queues.segment, IPC_RMID, NULL));
}

/* --- sockets with descriptors in flight and connections that wait --- */

struct sockets {
	int stream[2], packets[2], listener, of_path, nr_address, clients[AHEAD + 1];
	struct sockaddr_un address;
};

static void send_rights(int socket, uint32_t number)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = "";
	struct iovec data = { &number, sizeof(number) };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	int counter = must(eventfd(number + 1, 0));

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &counter, sizeof(counter));
	must(sendmsg(socket, &message, 0));
	close(counter);
}

static void receive_rights(int socket, uint32_t number)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = "";
	uint32_t got = 0;
	struct iovec data = { &got, sizeof(got) };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	uint64_t value = 0;
	int counter;

	check(must(recvmsg(socket, &message, 0)) == sizeof(got) && got == number, "packet %u instead of %u",
	      got, number);
	check(message.msg_controllen == CMSG_SPACE(sizeof(int)), "no descriptor came with packet %u", number);
	memcpy(&counter, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(counter));
	get(counter, &value, sizeof(value));
	check(value == number + 1, "the descriptor of packet %u has %lu", number, (unsigned long)value);
	close(counter);
}

static void call(struct sockets *sockets, uint32_t number)
{
	int client = must(socket(AF_UNIX, SOCK_STREAM, 0));

	must(connect(client, (const struct sockaddr *)&sockets->address, (socklen_t)sockets->nr_address));
	sockets->clients[number % ARRAY_SIZE(sockets->clients)] = client;
}

static void answer(const struct sockets *sockets, uint32_t number)
{
	int server = must(accept(sockets->listener, NULL, NULL));
	int client = sockets->clients[number % ARRAY_SIZE(sockets->clients)];

	put_word(client, number);
	expect_word(server, number, "a connection");
	close(server);
	close(client);
}

static void round_of_sockets(void *object, uint32_t number)
{
	struct sockets *sockets = object;

	for (int side = 0; side < 2; side++) {
		put_word(sockets->stream[side], number + WORDS);
		expect_word(sockets->stream[!side], number, "a stream");
	}
	send_rights(sockets->packets[0], number + AHEAD);
	receive_rights(sockets->packets[1], number);
	call(sockets, number + AHEAD);
	answer(sockets, number);
}

static void make_listeners(struct sockets *sockets)
{
	struct sockaddr_un path = { .sun_family = AF_UNIX, .sun_path = "socket" };

	sockets->address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	sockets->nr_address = (int)offsetof(struct sockaddr_un, sun_path) + 1 +
			      sprintf(sockets->address.sun_path + 1, "faults-%d", getpid());
	sockets->listener = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(bind(sockets->listener, (struct sockaddr *)&sockets->address, (socklen_t)sockets->nr_address));
	must(listen(sockets->listener, 2 * AHEAD));
	sockets->of_path = must(socket(AF_UNIX, SOCK_SEQPACKET, 0));
	must(bind(sockets->of_path, (struct sockaddr *)&path, sizeof(path)));
	must(listen(sockets->of_path, 1));
}

static void sockets(void *arg)
{
	struct sockets sockets;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.stream));
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets.packets));
	make_listeners(&sockets);
	for (uint32_t i = 0; i < WORDS; i++) {
		put_word(sockets.stream[0], i);
		put_word(sockets.stream[1], i);
	}
	for (uint32_t i = 0; i < AHEAD; i++) {
		send_rights(sockets.packets[0], i);
		call(&sockets, i);
	}
	go_round(SOCKETS, round_of_sockets, &sockets);
}

/* --- watches --- */

struct watches {
	int inotify, fanotify;
	char of_inotify[256], of_fanotify[512];
};

/* What /proc tells of its watches. */
static void read_watches(int fd, const char *word, char *text, size_t size)
{
	char path[64], all[1024] = "";
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = must(open(path, O_RDONLY));
	must(read(info, all, sizeof(all) - 1));
	close(info);
	check(strstr(all, word), "'%s' has no '%s'", all, word);
	snprintf(text, size, "%s", strstr(all, word));
}

static void round_of_watches(void *object, uint32_t number)
{
	struct pollfd pollers[2] = { { .events = POLLIN }, { .events = POLLIN } };
	const struct watches *watches = object;
	char text[512];

	read_watches(watches->inotify, "inotify wd", text, sizeof(watches->of_inotify));
	check(!strcmp(text, watches->of_inotify), "'%s' became '%s'", watches->of_inotify, text);
	read_watches(watches->fanotify, "fanotify ino", text, sizeof(text));
	check(!strcmp(text, watches->of_fanotify), "'%s' became '%s'", watches->of_fanotify, text);
	pollers[0].fd = watches->inotify;
	pollers[1].fd = watches->fanotify;
	check(poll(pollers, 2, 0) == 0, "an event of somebody");
}

static void watches(void *arg)
{
	struct watches watches;

	must(mkdir("watched", 0700));
	must(mkdir("marked", 0700));
	watches.inotify = must(inotify_init1(0));
	must(inotify_add_watch(watches.inotify, "watched", IN_CREATE | IN_DELETE));
	watches.fanotify = must(fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY));
	must(fanotify_mark(watches.fanotify, FAN_MARK_ADD, FAN_CREATE | FAN_DELETE | FAN_ONDIR, AT_FDCWD, "marked"));
	read_watches(watches.inotify, "inotify wd", watches.of_inotify, sizeof(watches.of_inotify));
	read_watches(watches.fanotify, "fanotify ino", watches.of_fanotify, sizeof(watches.of_fanotify));
	go_round(WATCHES, round_of_watches, &watches);
}

/* --- rings, a map, a queue of a network device --- */

#define SINGLE_ISSUER (1U << 12) /* IORING_SETUP_SINGLE_ISSUER */

struct rings {
	struct ring ring;
	aio_context_t context;
	int file, map, tun, event;
	char data[16];
};

/* What is registered with the ring, and whose it is, can be kept where the kernel tells its types. */
static void open_ring(struct rings *rings)
{
	bool told = access("/sys/kernel/btf/vmlinux", F_OK) == 0;
	struct iovec buffers[] = { { NULL, 0 }, { rings->data, sizeof(rings->data) } };
	int files[] = { -1, rings->file, -1, rings->event };

	ring_open(&rings->ring, 8, told ? SINGLE_ISSUER : 0);
	if (!told)
		return;
	must(syscall(SYS_io_uring_register, rings->ring.fd, IORING_REGISTER_EVENTFD, &rings->event, 1));
	must(syscall(SYS_io_uring_register, rings->ring.fd, IORING_REGISTER_FILES, files, 4));
	must(syscall(SYS_io_uring_register, rings->ring.fd, IORING_REGISTER_BUFFERS, buffers, 2));
}

static void ask(struct rings *rings, uint32_t number)
{
	struct iocb request = {
		.aio_data = number,
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = (uint32_t)rings->file,
		.aio_buf = (uintptr_t)rings->data,
		.aio_nbytes = 8,
	};
	struct iocb *list[] = { &request };

	check(must(syscall(SYS_io_submit, rings->context, 1L, list)) == 1, "request %u", number);
	ring_add(&rings->ring, IORING_OP_NOP, -1, number);
	ring_submit(&rings->ring, 1, 0);
}

static int ask_map(int command, int map, uint32_t *key, uint32_t *value)
{
	union bpf_attr attributes = { .map_fd = (uint32_t)map, .key = (uintptr_t)key, .value = (uintptr_t)value };

	return (int)syscall(SYS_bpf, command, &attributes, sizeof(attributes));
}

static void round_of_rings(void *object, uint32_t number)
{
	struct rings *rings = object;
	struct io_event event = { 0 };
	struct ifreq queue = { 0 };
	eventfd_t told;
	uint32_t key = number % 8, before = number < 8 ? 0 : number - 8, value = 1;

	ask(rings, number + AHEAD);
	check(must(syscall(SYS_io_getevents, rings->context, 1L, 1L, &event, NULL)) == 1, "no event");
	check(event.data == number && event.res == 8, "event %lu instead of %u", (unsigned long)event.data, number);
	ring_expect(&rings->ring, number, 0);
	must(ask_map(BPF_MAP_LOOKUP_ELEM, rings->map, &key, &value));
	check(value == before, "the map has %u instead of %u", value, before);
	must(ask_map(BPF_MAP_UPDATE_ELEM, rings->map, &key, &number));
	must(ioctl(rings->tun, TUNGETIFF, &queue));
	check(!strcmp(queue.ifr_name, "zfaults"), "the queue is of '%s'", queue.ifr_name);
	if (rings->ring.params.flags)
		must(eventfd_read(rings->event, &told));
}

static void rings(void *arg)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 8 };
	struct ifreq queue = { .ifr_name = "zfaults", .ifr_flags = IFF_TAP | IFF_NO_PI };
	static struct rings rings;

	rings.event = must(eventfd(0, EFD_NONBLOCK));
	rings.file = must(open("data", O_RDWR | O_CREAT, 0600));
	must(write(rings.file, "contents", 8));
	open_ring(&rings);
	must(syscall(SYS_io_setup, 8, &rings.context));
	rings.map = must(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)));
	rings.tun = must(open("/dev/net/tun", O_RDWR));
	must(ioctl(rings.tun, TUNSETIFF, &queue));
	must(ioctl(rings.tun, TUNSETPERSIST, 1));
	for (uint32_t i = 0; i < AHEAD; i++)
		ask(&rings, i);
	go_round(RINGS, round_of_rings, &rings);
}

int main(int argc, char **argv)
{
	void (*const bodies[])(void *) = { events, terminals, queues, sockets, watches, rings };
	pid_t child[ARRAY_SIZE(bodies)];

	test_init(argc, argv);
	map_counters();
	if (own_ipc())
		must(unshare(CLONE_NEWIPC));
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		child[i] = test_child(bodies[i], NULL);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++)
		test_end_child(child[i]);
	pass();
}
