# SPDX-License-Identifier: GPL-2.0-only
"""Connections from another host wait to be accepted by a server in a network namespace that somebody else keeps, as `ip
netns` does: it is dumped and restored into it, twice, and then accepts them with all that was sent."""

import os
import socket

from runner.clients import read_port
from runner.conditions import reason_to_skip
from runner.hosts import expect_tables, on, start_on_another_host, words_for
from runner.job import Failed, Skipped

PROGRAM = "static/tcp/echo"
GREETING = b"hello\n"
LARGE = bytes((7 * i + i // 251) % 256 for i in range(120000))


def echoed(client, sent):
    """What was sent comes back, behind the greeting."""
    expected = GREETING + sent
    seen = b""
    while len(seen) < len(expected):
        piece = client.recv(len(expected) - len(seen))
        if not piece:
            raise Failed(f"the connection ends after {len(seen)} of {len(expected)} bytes")
        seen += piece
    if seen != expected:
        raise Failed("other bytes come back")


def run(job):
    """Over IPv4 and IPv6; silent ones, ones that have sent, much, and their end."""
    reason = reason_to_skip(["no-request-from-ack"])
    if reason:
        raise Skipped(reason)
    server = start_on_another_host(job)
    hold = os.path.join(job.directory, "cwd", "hold")
    with open(hold, "w", encoding="ascii"):
        pass
    job.wait_for(lambda: os.path.exists(os.path.join(job.directory, "cwd", "held")), "the server accepts nobody")
    address = [(host, read_port(job)) for host in ("10.9.0.1", "fd09::1")]
    sent = [b"", b"early", LARGE, b"the end"]
    clients = [socket.create_connection(address[i % 2], timeout=job.limit) for i in range(len(sent))]
    for client, data in zip(clients, sent):
        client.sendall(data)
    clients[3].shutdown(socket.SHUT_WR)
    external, join = words_for(server)
    for _ in range(2):
        job.dump(*external)
        clients[1].sendall(b", meanwhile")
        sent[1] += b", meanwhile"
        job.check_images()
        if job.run_criu("restore", ["-d", *job.test.restore_options, *join]):
            raise Failed("criu restore fails")
        with on(server):
            expect_tables("after the restore")
    os.unlink(hold)
    for client, data in zip(clients, sent):
        echoed(client, data)
    if clients[3].recv(1):
        raise Failed("the end of a stream is lost")
    clients[0].sendall(b"at last")
    if clients[0].recv(100) != b"at last":
        raise Failed("a silent connection is another one")
    for client in clients:
        client.close()
    job.stop()
