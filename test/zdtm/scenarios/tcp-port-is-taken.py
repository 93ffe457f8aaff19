# SPDX-License-Identifier: GPL-2.0-only
"""Somebody else listens on the port of a server that is to be restored: the restore says so and leaves nothing. When the port
is free it works, and the client outside has not noticed."""

import os
import socket

from runner.clients import exactly, greeted, ping, read_port

PROGRAM = "static/tcp/echo"


def run(job):
    """Fail, then succeed."""
    job.start()
    port = read_port(job)
    client = greeted(("127.0.0.1", port), job.limit)
    job.dump()
    taken = socket.socket(socket.AF_INET6)
    taken.bind(("::", port))
    taken.listen(1)
    job.restore_fails([f"[::]:{port} is used by another socket on this host"])
    taken.close()
    client.sendall(b"meanwhile")
    job.restore()
    if exactly(client, 9) != b"meanwhile":
        raise AssertionError("what was sent meanwhile is lost")
    ping(client)
    client.close()
    os.kill(job.pid, 15)
    job.finish()
