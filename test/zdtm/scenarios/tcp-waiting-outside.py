# SPDX-License-Identifier: GPL-2.0-only
"""Connections from clients outside wait to be accepted while their server is dumped and restored, three times: whoever
accepts them then gets all that was sent, in order, and the clients never notice."""

import os
import socket

from runner.clients import read_port
from runner.conditions import reason_to_skip
from runner.job import Failed, Skipped

PROGRAM = "static/tcp/echo"
GREETING = b"hello\n"
LARGE = bytes((7 * i + i // 251) % 256 for i in range(120000))


def echoed(client, sent, at_a_time=65536):
    """What was sent comes back, behind the greeting; nothing comes twice."""
    expected = GREETING + sent
    seen = b""
    while len(seen) < len(expected):
        piece = client.recv(min(at_a_time, len(expected) - len(seen)))
        if not piece:
            raise Failed(f"the connection ends after {len(seen)} of {len(expected)} bytes")
        seen += piece
    if seen != expected:
        raise Failed("other bytes come back")


def hold(job, wanted):
    """Whether the server accepts."""
    name = os.path.join(job.directory, "cwd", "hold")
    if wanted:
        with open(name, "w", encoding="ascii"):
            pass
        job.wait_for(lambda: os.path.exists(os.path.join(job.directory, "cwd", "held")), "the server accepts nobody")
    else:
        os.unlink(name)


def run(job):
    """Silent ones, ones that have sent, much, and their end; over IPv4 and IPv6."""
    reason = reason_to_skip(["no-request-from-ack"])
    if reason:
        raise Skipped(reason)
    job.start()
    hold(job, True)
    port = read_port(job)
    sent = [b"", b"early", LARGE, b"the end", b"", b"v4"]
    clients = [socket.create_connection(("127.0.0.1" if i > 3 else "::1", port), timeout=job.limit) for i in range(len(sent))]
    for client, data in zip(clients, sent):
        client.sendall(data)
    clients[3].shutdown(socket.SHUT_WR)
    job.remember()
    job.dump("--leave-running")
    for _ in range(3):
        job.dump()
        clients[1].sendall(b", meanwhile")
        sent[1] += b", meanwhile"
        job.check_images()
        job.restore()
        clients[5].sendall(b", later")
        sent[5] += b", later"
    hold(job, False)
    for client, data in zip(clients, sent):
        echoed(client, data)
    for client in (clients[0], clients[4]):
        client.sendall(b"at last")
        if client.recv(100) != b"at last":
            raise Failed("a silent connection is another one")
    if clients[3].recv(1):
        raise Failed("the end of a stream is lost")
    for client in clients:
        client.close()
    job.stop()
