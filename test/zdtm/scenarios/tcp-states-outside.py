# SPDX-License-Identifier: GPL-2.0-only
"""Every state in which a connection with a client outside can be, of IPv4, IPv6, and IPv4 in IPv6: it is the same after the restore,
then what is in the queues arrives, and the ends."""

import os
import socket

from runner.clients import close_ears, exactly, open_ears, server_end
from runner.job import Failed

PROGRAM = "static/tcp/talker"
SIZE = 3000
HOSTS = ((socket.AF_INET, "127.0.0.1", "port4"), (socket.AF_INET6, "::1", "port"), (socket.AF_INET, "127.0.0.1", "port"))
TCP_USER_TIMEOUT, TCP_RTO_MAX_MS = 18, 44
# What the server is told, the client is deaf before that, ends its half (0: later, 1: together with its words, 2: behind
# them), and the state that this gives.
STATES = (("k", False, 0, 1), ("w", True, 0, 1), ("e", True, 0, 4), ("e", False, 0, 5), ("w", False, 1, 8), ("e", True, 1, 9),
          ("e", True, 2, 11))


def pattern(seed):
    """As the server makes it."""
    return bytes((i * 7 + i // 256 + seed) & 255 for i in range(SIZE))


def read_number(job, name):
    """What the server tells in that file; 0: nothing yet."""
    path = os.path.join(job.directory, "cwd", name)
    if not os.path.exists(path):
        return 0
    with open(path, encoding="ascii") as file:
        return int(file.read())


class Client:
    """One connection that is brought into a state."""

    def __init__(self, job, host, state):
        self.command, self.deaf, self.ends, self.state = state
        self.socket = socket.socket(host[0])
        self.socket.settimeout(job.limit)
        self.job, self.address = job, (host[1], read_number(job, host[2]))

    def begin(self, number):
        """What it says, and the answer of the server."""
        self.socket.connect(self.address)
        if self.deaf:
            close_ears(self.socket)
        if self.ends == 1:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            self.socket.sendall(self.command.encode() + pattern(2))
            self.socket.shutdown(socket.SHUT_WR)
        else:
            self.socket.sendall(self.command.encode())
        self.job.wait_for(lambda: read_number(self.job, "taken") == number, "the server takes it")
        if self.ends == 2:
            self.end()
        self.job.wait_for(self.is_there, f"state {self.state}")

    def is_there(self):
        """The server's end is in the state."""
        with server_end(self.job, self.socket) as end:
            # Otherwise it gives up after so many tries: some seconds, if they come so fast.
            end.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, 120000)
            try:
                end.setsockopt(socket.IPPROTO_TCP, TCP_RTO_MAX_MS, 1000)
            except OSError:
                pass  # Linux before 6.15: it takes longer
            return end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == self.state

    def end(self):
        """All that the client has to say."""
        self.socket.sendall(pattern(2))
        self.socket.shutdown(socket.SHUT_WR)

    def finish(self):
        """All that the server has said."""
        said = {"k": (3,), "w": (1, 3), "e": (1,)}[self.command]
        for seed in said:
            if exactly(self.socket, SIZE) != pattern(seed):
                raise Failed(f"state {self.state}: other bytes come")
        if self.socket.recv(1):
            raise Failed(f"state {self.state}: there is more")
        self.socket.close()


def run(job):
    """All states at once."""
    job.start()
    clients = [Client(job, host, state) for host in HOSTS for state in STATES]
    for number, client in enumerate(clients, 1):
        client.begin(number)
    job.remember()
    job.dump()
    job.check_images()
    job.restore()
    job.compare("after the restore")
    for client in clients:
        if not client.is_there():
            raise Failed(f"state {client.state} is another one")
    for client in clients:
        if client.deaf:
            open_ears(client.socket)
        if not client.ends:
            client.end()
    job.stop()
    for client in clients:
        client.finish()
