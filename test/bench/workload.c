// SPDX-License-Identifier: GPL-2.0-only
/* What the benchmark freezes: a process tree with much of one thing and nothing else.
 *
 * usage: workload READY KIND COUNT
 *
 * Creates the file READY when all of it is there, and then sleeps until it is killed. KIND is one of the table below. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MIB (1UL << 20)
#define PROCESS_SIZE (64UL << 10)
#define THREAD_STACK_SIZE (64UL << 10)
#define PAGE 4096UL
#define SHARED_DESCRIPTORS 300
#define PORT 7100

static void *new_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	return memory;
}

/* xorshift64: no two pages are equal, nothing compresses. */
static void fill_random(void *memory, size_t size)
{
	uint64_t state = 88172645463325252U + (uint64_t)getpid();

	for (size_t i = 0; i < size / sizeof(state); i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		((uint64_t *)memory)[i] = state;
	}
}

static void make_random(unsigned long mib)
{
	fill_random(new_memory(mib * MIB), mib * MIB);
}

static void make_zeros(unsigned long mib)
{
	volatile char *memory = new_memory(mib * MIB);

	for (size_t i = 0; i < mib * MIB; i += PAGE)
		memory[i] = 0;
}

static void make_processes(unsigned long count)
{
	for (unsigned long i = 1; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(EXIT_FAILURE, "fork");
		if (pid)
			continue;
		fill_random(new_memory(PROCESS_SIZE), PROCESS_SIZE);
		for (;;)
			pause();
	}
	fill_random(new_memory(PROCESS_SIZE), PROCESS_SIZE);
}

static void *sleep_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void make_threads(unsigned long count)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK_SIZE);
	for (unsigned long i = 1; i < count; i++) {
		errno = pthread_create(&thread, &attributes, sleep_for_ever, NULL);
		if (errno)
			err(EXIT_FAILURE, "pthread_create");
	}
}

/* Neighbours differ in what they allow, so that the kernel keeps them apart; one in eight has a page. */
static void make_mappings(unsigned long count)
{
	char *memory = new_memory(count * PAGE);

	for (unsigned long i = 0; i < count; i++) {
		if (i % 8 == 0)
			memory[i * PAGE] = 1;
		if (i % 2 && mprotect(memory + i * PAGE, PAGE, PROT_READ) < 0)
			err(EXIT_FAILURE, "mprotect");
	}
}

/* Two ends of a pipe with a byte in it, and a file of its own. */
static void make_descriptors(unsigned long count)
{
	for (unsigned long i = 0; i < count; i += 3) {
		int ends[2];

		if (pipe(ends) < 0 || write(ends[1], "x", 1) != 1 || open("/usr/bin/env", O_RDONLY) < 0)
			err(EXIT_FAILURE, "descriptors");
	}
}

/* One table of descriptors for all, as after clone(2) with CLONE_FILES. */
static void make_sharers(unsigned long count)
{
	make_descriptors(SHARED_DESCRIPTORS);
	for (unsigned long i = 1; i < count; i++) {
		pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);

		if (pid < 0)
			err(EXIT_FAILURE, "clone");
		while (!pid)
			pause();
	}
}

static const struct sockaddr_in address = { .sin_family = AF_INET,
					    .sin_port = __builtin_bswap16(PORT),
					    .sin_addr = { __builtin_bswap32(INADDR_LOOPBACK) } };

static int new_listener(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, SOMAXCONN) < 0)
		err(EXIT_FAILURE, "listener");
	return fd;
}

/* Both ends are here, and one in eight has data on its way. */
static void make_connections(unsigned long count)
{
	int listener = new_listener();

	for (unsigned long i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		    accept(listener, NULL, NULL) < 0)
			err(EXIT_FAILURE, "connection");
		if (i % 8 == 0 && write(fd, "data", 4) != 4)
			err(EXIT_FAILURE, "write");
	}
}

static int serving = -1;

static void watch(int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (fd < 0 || epoll_ctl(serving, EPOLL_CTL_ADD, fd, &event) < 0)
		err(EXIT_FAILURE, "epoll");
}

/* The clients are outside; how many there are, they know. */
static void make_server(unsigned long unused)
{
	(void)unused;
	serving = epoll_create1(0);
	watch(new_listener());
}

/* The first descriptor that is watched is the listener; what comes from others goes back. */
static void serve(void)
{
	struct epoll_event event;
	char buffer[4096];
	int listener = serving + 1;

	while (epoll_wait(serving, &event, 1, -1) == 1 || errno == EINTR) {
		ssize_t size;

		if (event.data.fd == listener) {
			watch(accept(listener, NULL, NULL));
			continue;
		}
		size = read(event.data.fd, buffer, sizeof(buffer));
		if (size <= 0 || write(event.data.fd, buffer, (size_t)size) != size)
			close(event.data.fd);
	}
}

static const struct {
	const char *name;
	void (*make)(unsigned long count);
} kinds[] = {
	{ "random", make_random },	 { "zeros", make_zeros },
	{ "processes", make_processes }, { "threads", make_threads },
	{ "mappings", make_mappings },	 { "descriptors", make_descriptors },
	{ "sharers", make_sharers },	 { "connections", make_connections },
	{ "server", make_server },
};

int main(int argc, char **argv)
{
	if (argc != 4)
		errx(EXIT_FAILURE, "usage: %s READY KIND COUNT", argv[0]);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, argv[2]))
			kinds[i].make(strtoul(argv[3], NULL, 10));
	if (close(open(argv[1], O_WRONLY | O_CREAT, 0600)) < 0)
		err(EXIT_FAILURE, "%s", argv[1]);
	if (serving >= 0)
		serve();
	for (;;)
		pause();
}
