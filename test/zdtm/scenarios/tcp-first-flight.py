# SPDX-License-Identifier: GPL-2.0-only
"""What was sent and never came is sent when the tree is let go, not when a time-out tells: the server's answer is lost, the
server is dumped and restored, and the client has it without a retransmission."""

import array
import fcntl
import socket
import struct
import termios

from runner.clients import close_ears, exactly, greeted, open_ears, ping, read_port, server_end
from runner.job import Failed

PROGRAM = "static/tcp/echo"
TOTAL_RETRANS = 100  # offset in struct tcp_info


def unconfirmed(end):
    """Bytes that the client has not confirmed."""
    size = array.array("i", [0])
    fcntl.ioctl(end, termios.TIOCOUTQ, size)
    return size[0]


def run(job):
    """IPv4 and IPv6."""
    job.start()
    port = read_port(job)
    clients = [greeted((host, port), job.limit) for host in ("127.0.0.1", "::1")]
    for client in clients:
        ping(client)
        close_ears(client)
        client.sendall(b"answer me")
        end = server_end(job, client)
        job.wait_for(lambda end=end: unconfirmed(end) == 9, "the server answers")
        end.close()
    job.remember()
    job.dump()
    for client in clients:
        open_ears(client)
    job.restore()
    for client in clients:
        if exactly(client, 9) != b"answer me":
            raise Failed("another answer comes")
        end = server_end(job, client)
        retransmitted = struct.unpack_from("I", end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), TOTAL_RETRANS)
        end.close()
        if retransmitted[0]:
            raise Failed(f"it took {retransmitted[0]} retransmissions")
        ping(client)
    job.compare("after the restore")
    for client in clients:
        client.close()
    job.stop()
