# SPDX-License-Identifier: GPL-2.0-only
"""A server is dumped and restored three times; its clients, over IPv4 and IPv6, are outside and never notice."""

import socket
import struct

from runner.clients import Stream, greeted, ping, read_port, server_end

PROGRAM = "static/tcp/echo"


def run(job):
    """One client idles, one asks now and then, two stream all the time. Whoever closes one of them would reset it."""
    job.start()
    port = read_port(job)
    idle, asking = greeted(("127.0.0.1", port), job.limit), greeted(("::1", port), job.limit)
    streams = [Stream(greeted((host, port), job.limit)) for host in ("127.0.0.1", "::1")]
    for client in (idle, asking, *(stream.client for stream in streams)):
        with server_end(job, client) as end:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("=ii", 1, 0))
    job.remember()
    job.dump("--leave-running")
    for _ in range(3):
        job.dump()
        asking.sendall(b"meanwhile")
        job.check_images()
        job.restore()
        ping(asking, b"")
        if asking.recv(9) != b"meanwhile":
            raise AssertionError("what was sent meanwhile is lost")
        ping(asking)
    for stream in streams:
        stream.finish(job.limit)
    ping(idle)
    for client in (idle, asking, *(stream.client for stream in streams)):
        client.close()
    greeted(("127.0.0.1", port), job.limit).close()
    job.stop()
