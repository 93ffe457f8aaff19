# SPDX-License-Identifier: GPL-2.0-only
"""Clients of a program under test that are not dumped: they live in threads of the runner."""

import ctypes
import hashlib
import os
import socket
import struct
import threading

from .job import Failed

LIBC = ctypes.CDLL(None, use_errno=True)
PIDFD_GETFD = 438
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27


def read_port(job):
    """Where the program listens."""
    with open(os.path.join(job.directory, "cwd", "port"), encoding="ascii") as file:
        return int(file.read())


def exactly(client, size):
    """So many bytes, or an error."""
    data = b""
    while len(data) < size:
        part = client.recv(size - len(data))
        if not part:
            raise OSError(f"the connection ends after {len(data)} of {size} bytes")
        data += part
    return data


def greeted(address, limit):
    """A connection that the server has taken."""
    client = socket.create_connection(address, timeout=limit)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if exactly(client, 6) != b"hello\n":
        raise Failed("the server does not greet")
    return client


def ping(client, text=b"ping"):
    """The server answers."""
    try:
        client.sendall(text)
        answer = exactly(client, len(text))
    except OSError as error:
        raise Failed(f"the client outside finds its connection broken: {error}") from None
    if answer != text:
        raise Failed("the server answers with something else")


class Stream(threading.Thread):
    """Sends without a pause and compares what comes back, until it is told to stop."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.error, self.bytes, self.stop = client, None, 0, False
        self.start()

    def run(self):
        try:
            while not self.stop:
                block = hashlib.sha256(str(self.bytes).encode()).digest() * 512
                self.client.sendall(block)
                if exactly(self.client, len(block)) != block:
                    raise OSError("other bytes come back")
                self.bytes += len(block)
        except OSError as error:
            self.error = error

    def finish(self, limit):
        """The end of it; everything came back."""
        self.stop = True
        self.join(limit)
        if self.is_alive():
            raise Failed(f"the client outside waits for ever, after {self.bytes} bytes")
        if self.error:
            raise Failed(f"the client outside, after {self.bytes} bytes: {self.error}")


def connected(job, address):
    """A connection to a server that may not listen yet: a port on this host, or the path of a socket."""
    found = []

    def tried():
        family, where = (socket.AF_UNIX, address) if isinstance(address, str) else (socket.AF_INET, ("127.0.0.1", address))
        client = socket.socket(family)
        client.settimeout(job.limit)
        try:
            client.connect(where)
        except (ConnectionError, FileNotFoundError):
            client.close()
            return False
        found.append(client)
        return True

    job.wait_for(tried, f"the server listens on {address}")
    return found[0]


class Repeated(threading.Thread):
    """A client that does the same again and again, turn(number), until it is told to stop."""

    def __init__(self, job, what, turn):
        super().__init__(daemon=True)
        self.job, self.what, self.turn, self.turns, self.error, self.stop = job, what, turn, 0, None, False
        self.start()

    def run(self):
        try:
            while not self.stop:
                self.turn(self.turns)
                self.turns += 1
        except Exception as error:  # pylint: disable=broad-exception-caught  # it is told to the test
            self.error = error

    def check(self):
        """Nothing went wrong so far."""
        if self.error:
            raise Failed(f"{self.what}, after {self.turns} turns: {self.error!r}")

    def goes_on(self, turns=3):
        """It gets some further from here."""
        before = self.turns

        def further():
            self.check()
            return self.turns >= before + turns

        self.job.wait_for(further, f"{self.what} goes on after {before} turns")

    def finish(self):
        """The end of it; everything was right. Returns how many turns there were."""
        self.stop = True
        self.join(self.job.limit)
        if self.is_alive():
            raise Failed(f"{self.what} waits for ever, after {self.turns} turns")
        self.check()
        return self.turns


def close_ears(client):
    """The client hears nothing, until open_ears()."""
    nothing = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
    program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(nothing))
    client.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def open_ears(client):
    """Whatever comes from here on."""
    client.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


def duplicate(pid, number):
    """A socket of that process, by its descriptor."""
    pidfd = os.pidfd_open(pid)
    try:
        return socket.socket(fileno=LIBC.syscall(PIDFD_GETFD, pidfd, number, 0))
    finally:
        os.close(pidfd)


def server_end(job, client):
    """A duplicate of the server's end of that connection."""
    for name in os.listdir(f"/proc/{job.pid}/fd"):
        if not os.readlink(f"/proc/{job.pid}/fd/{name}").startswith("socket:"):
            continue
        found = duplicate(job.pid, int(name))
        try:
            if found.getpeername()[1] == client.getsockname()[1]:
                return found
        except OSError:
            pass
        found.close()
    raise Failed("the server has no such connection")
