// SPDX-License-Identifier: GPL-2.0-only
/* Sockets between a machine and its host: new, bound, listening; their buffers, time-outs and owner.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int make(int type, unsigned int port)
{
	struct sockaddr_vm name = { .svm_family = AF_VSOCK, .svm_port = port, .svm_cid = VMADDR_CID_ANY };
	int fd = must(socket(AF_VSOCK, type, 0));

	if (port)
		must(bind(fd, (struct sockaddr *)&name, sizeof(name)));
	return fd;
}

static unsigned int port_of(int fd)
{
	struct sockaddr_vm name = { 0 };
	socklen_t size = sizeof(name);

	must(getsockname(fd, (struct sockaddr *)&name, &size));
	check(name.svm_cid == VMADDR_CID_ANY, "cid %u", name.svm_cid);
	return name.svm_port;
}

static unsigned long long buffer(int fd, int option)
{
	unsigned long long value = 0;
	socklen_t size = sizeof(value);

	must(getsockopt(fd, AF_VSOCK, option, &value, &size));
	return value;
}

static void set_buffer(int fd, int option, unsigned long long value)
{
	must(setsockopt(fd, AF_VSOCK, option, &value, sizeof(value)));
}

int main(int argc, char **argv)
{
	struct sockaddr_vm taken = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY };
	struct timeval limit = { .tv_sec = 7 }, now = { 0 };
	socklen_t size = sizeof(now);
	int fresh, bound, listener, value = 0;

	test_init(argc, argv);
	if (socket(AF_VSOCK, SOCK_SEQPACKET, 0) < 0)
		skip("this kernel has no AF_VSOCK");
	fresh = make(SOCK_STREAM, 0);
	bound = make(SOCK_SEQPACKET, VMADDR_PORT_ANY);
	taken.svm_port = port_of(bound) + 1000;
	listener = must(socket(AF_VSOCK, SOCK_STREAM, 0));
	must(bind(listener, (struct sockaddr *)&taken, sizeof(taken)));
	must(listen(listener, 5));
	must(fcntl(listener, F_SETFL, O_NONBLOCK));
	must(fcntl(listener, F_SETOWN, getpid()));
	set_buffer(bound, SO_VM_SOCKETS_BUFFER_MAX_SIZE, 1 << 20);
	set_buffer(bound, SO_VM_SOCKETS_BUFFER_MIN_SIZE, 5000);
	set_buffer(bound, SO_VM_SOCKETS_BUFFER_SIZE, 999999);
	must(setsockopt(bound, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &limit, sizeof(limit)));
	test_ready();
	test_wait();
	check(port_of(fresh) == VMADDR_PORT_ANY, "the new one has a port");
	check(port_of(bound) + 1000 == port_of(listener), "ports %u and %u", port_of(bound), port_of(listener));
	check(buffer(bound, SO_VM_SOCKETS_BUFFER_MAX_SIZE) == 1 << 20 &&
		      buffer(bound, SO_VM_SOCKETS_BUFFER_MIN_SIZE) == 5000 &&
		      buffer(bound, SO_VM_SOCKETS_BUFFER_SIZE) == 999999,
	      "buffers");
	must(getsockopt(bound, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &now, &size));
	check(now.tv_sec == 7, "time-out %ld", (long)now.tv_sec);
	size = sizeof(value);
	must(getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &value, &size));
	check(value, "it does not listen");
	check(accept(listener, NULL, NULL) < 0 && errno == EAGAIN, "accept: errno %d", errno);
	check(bind(fresh, (struct sockaddr *)&taken, sizeof(taken)) < 0 && errno == EADDRINUSE, "its port is free");
	check(fcntl(listener, F_GETOWN) == getpid(), "owner");
	pass();
}
