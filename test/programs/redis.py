# SPDX-License-Identifier: GPL-2.0-only
"""A Redis server whose clients are outside and go on while it is dumped and restored: pipelines of commands, hundreds of
which have no answer yet, a transaction that has begun, a subscriber, one that waits for an element of a list. Each answer is
the one that it must be."""

import hashlib
import shutil
import threading

from runner.clients import Repeated, connected
from runner.job import Failed, Skipped

SETTINGS = {"options": "--tcp-established"}
PORT = 6390
DEPTH = 50
OUTSTANDING = 400


class Redis:
    """A client that speaks RESP by itself, so that every byte of it is known."""

    def __init__(self, job):
        self.socket = connected(job, PORT)
        self.file = self.socket.makefile("rb")

    def send(self, *words):
        """One command, whose answer is read later."""
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        parts = [b"*%d\r\n" % len(words)] + [b"$%d\r\n%s\r\n" % (len(word), word) for word in words]
        self.socket.sendall(b"".join(parts))

    def answer(self):
        """One answer: a number, bytes, or a list of these."""
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise OSError(f"the connection ends with {line}")
        kind, text = line[:1], line[1:-2]
        if kind == b"*":
            return [self.answer() for _ in range(int(text))]
        if kind == b"$":
            size = int(text)
            return None if size < 0 else self.file.read(size + 2)[:-2]
        return int(text) if kind == b":" else text

    def expect(self, wanted):
        """The next answer is this one."""
        got = self.answer()
        if got != wanted:
            raise OSError(f"the answer is {str(got)[:80]}, not {str(wanted)[:80]}")

    def ask(self, wanted, *words):
        """A command and its answer."""
        self.send(*words)
        self.expect(wanted)


def value_of(name, number):
    """Some kilobytes that nothing else is."""
    return hashlib.sha256(f"{name} {number}".encode()).digest() * 100


class Outstanding:
    """Commands of which nobody reads the answers until the server has been away: more of them than sockets hold."""

    def __init__(self, job):
        self.client, self.name = Redis(job), "outstanding"
        self.sender = None

    def begin(self, turn):
        """From another thread: the server reads no further when it cannot send."""
        def send():
            for number in range(OUTSTANDING):
                self.client.send("set", self.name, value_of(self.name, turn * OUTSTANDING + number))
                self.client.send("get", self.name)

        self.sender = threading.Thread(target=send, daemon=True)
        self.sender.start()
        # The first answer is there, so the server has begun.
        self.client.expect(b"OK")

    def finish(self, turn):
        """All answers but the first."""
        for number in range(OUTSTANDING):
            if number:
                self.client.expect(b"OK")
            self.client.expect(value_of(self.name, turn * OUTSTANDING + number))
        self.sender.join()


def pipeline(client, name):
    """Many commands on their way at once; another thread sends them, since the answers are more than a socket holds."""
    def send(turn):
        for number in range(turn * DEPTH, (turn + 1) * DEPTH):
            client.send("incr", f"count-{name}")
            client.send("set", f"{name}-{number % 7}", value_of(name, number))
            client.send("get", f"{name}-{number % 7}")

    def turn(turn):
        sender = threading.Thread(target=send, args=(turn,), daemon=True)
        sender.start()
        for number in range(turn * DEPTH, (turn + 1) * DEPTH):
            client.expect(number + 1)
            client.expect(b"OK")
            client.expect(value_of(name, number))
        sender.join()

    return turn


def run(job):
    """Interrupt it three times."""
    redis = shutil.which("redis-server")
    if not redis:
        raise Skipped("no redis-server here")
    job.launch([redis, "--port", str(PORT), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--databases", "2"])
    asking, waiting, subscriber = Redis(job), Redis(job), Redis(job)
    pipelines = [Repeated(job, f"pipeline {name}", pipeline(Redis(job), name)) for name in "ab"]
    outstanding = Outstanding(job)
    subscriber.ask([b"subscribe", b"news", 1], "subscribe", "news")
    asking.ask(b"OK", "set", "ends", "soon", "px", 3600000)
    for number in range(3):
        for client in pipelines:
            client.goes_on()
        waiting.send("blpop", "list", 0)
        outstanding.begin(number)
        asking.ask(b"OK", "multi")
        asking.ask(b"QUEUED", "incr", "total")
        job.interrupt()
        asking.ask(b"QUEUED", "incr", "total")
        asking.ask([2 * number + 1, 2 * number + 2], "exec")
        outstanding.finish(number)
        asking.ask(1, "publish", "news", f"number {number}")
        subscriber.expect([b"message", b"news", f"number {number}".encode()])
        asking.ask(1, "rpush", "list", number)
        waiting.expect([b"list", str(number).encode()])
        for client in pipelines:
            client.goes_on()
    for client, name in zip(pipelines, "ab"):
        asking.ask(str(client.finish() * DEPTH).encode(), "get", f"count-{name}")
    asking.ask(b"soon", "get", "ends")
    asking.send("ttl", "ends")
    if not 0 < asking.answer() <= 3600:
        raise Failed("a value has another time to live")
    asking.send("shutdown", "nosave")
    job.expect_exit()
