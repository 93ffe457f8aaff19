// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of a process whose first thread has exited: a connection of TCP, a pair of unix sockets, one of UDP, each with
 * something in its queue.
 *
 * options: --tcp-established
 */
#include "test.h"

#include "tcp.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int tcp[2], local[2], udp;

static bool leader_is_zombie(void)
{
	char state[64];

	test_proc_line(getpid(), "status", "State", state, sizeof(state));
	return state[0] == 'Z';
}

static void expect(int fd, const char *wanted)
{
	char text[16] = "";

	check(must(recv(fd, text, sizeof(text), MSG_DONTWAIT)) == (ssize_t)strlen(wanted) && !strcmp(text, wanted),
	      "'%s' comes instead of '%s'", text, wanted);
}

static int peek_offset(int fd)
{
	int value = 0;

	must(getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &value, &(socklen_t){ sizeof(value) }));
	return value;
}

static void *go_on(void *arg)
{
	(void)arg;
	while (!leader_is_zombie())
		usleep(1000);
	test_ready();
	test_wait();
	check(peek_offset(local[0]) == -1 && peek_offset(udp) == -1, "a peek offset is another one");
	expect(tcp[0], "tcp");
	expect(local[0], "unix");
	expect(udp, "first");
	expect(udp, "second");
	must(write(tcp[0], "back", 4));
	check(must(read(tcp[1], (char[4]){ 0 }, 4)) == 4, "the connection is broken");
	syscall(SYS_exit, 0);
	return NULL;
}

static void orphaned_thread(void *arg)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	pthread_t thread;

	(void)arg;
	must(close(tcp_pair("127.0.0.1", tcp)));
	must(write(tcp[1], "tcp", 3));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, local));
	must(write(local[1], "unix", 4));
	udp = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(bind(udp, (struct sockaddr *)&address, size));
	must(getsockname(udp, (struct sockaddr *)&address, &size));
	must(sendto(udp, "first", 5, 0, (struct sockaddr *)&address, size));
	must(sendto(udp, "second", 6, 0, (struct sockaddr *)&address, size));
	check(!pthread_create(&thread, NULL, go_on, NULL), "no thread");
	syscall(SYS_exit, 0);
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	test_init(argc, argv);
	pid = test_child(orphaned_thread, NULL);
	test_ready();
	test_wait();
	must(kill(pid, SIGTERM));
	must(waitpid(pid, &status, 0));
	check(WIFEXITED(status) && !WEXITSTATUS(status), "the process ended with wait status %#x",
	      (unsigned int)status);
	pass();
}
