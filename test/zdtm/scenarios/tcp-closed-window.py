# SPDX-License-Identifier: GPL-2.0-only
"""Clients outside that do not read: their windows are closed, queues are full both ways and the server waits in a write, while
it is dumped and restored twice. No byte is lost."""

import hashlib
import socket

from runner.clients import exactly, greeted, read_port
from runner.job import Failed

PROGRAM = "static/tcp/echo"
BLOCK = 65536


def block_of(number):
    """Bytes that do not repeat."""
    return hashlib.sha256(str(number).encode()).digest() * (BLOCK // 32)


def fill(job, client):
    """Sends until nothing moves any more; returns how much that is."""
    client.settimeout(0)
    sent, still = 0, [0]

    def stuck():
        nonlocal sent
        try:
            while True:
                sent += client.send(block_of(sent // BLOCK)[sent % BLOCK:])
                still[0] = 0
        except BlockingIOError:
            still[0] += 1
        return still[0] > 20

    job.wait_for(stuck, "both queues are full")
    client.settimeout(job.limit)
    return sent


def expect(client, size):
    """All of it comes back."""
    data = exactly(client, size)
    for at in range(0, size, BLOCK):
        if data[at:at + BLOCK] != block_of(at // BLOCK)[:size - at]:
            raise Failed(f"other bytes come back behind {at}")


def run(job):
    """IPv4 and IPv6; at the end a stream in both directions."""
    job.start()
    port = read_port(job)
    clients = [greeted((host, port), job.limit) for host in ("127.0.0.1", "::1")]
    sent = []
    for client in clients:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
    for client in clients[:1]:  # the server serves one after the other, and waits in the first
        sent.append(fill(job, client))
    clients[1].sendall(block_of(0))
    sent.append(BLOCK)
    for _ in range(2):
        job.remember()
        job.dump()
        job.check_images()
        job.restore()
        job.compare("after the restore")
    for client, size in zip(clients, sent):
        expect(client, size)
        client.close()
    job.stop()
