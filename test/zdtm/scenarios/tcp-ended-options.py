# SPDX-License-Identifier: GPL-2.0-only
"""Sockets whose connection is over, with options by which they could not be connected on the loopback device: bound to
another one, deaf to packets that come from afar, without a port of their own. They have them afterwards."""

import os
import socket

from runner.clients import duplicate
from runner.hosts import ip, need_ip, new_host
from runner.job import Failed

PROGRAM = "static/tcp/ended"
IP_MINTTL, IP_BIND_ADDRESS_NO_PORT, IPV6_MINHOPCOUNT = 21, 24, 73
NEAR = 255
DEVICE = b"eth0"
OPTIONS = ((socket.IPPROTO_IP, IP_MINTTL, NEAR), (socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1),
           (socket.IPPROTO_IPV6, IPV6_MINHOPCOUNT, NEAR))


def each(job):
    """The sockets of the program."""
    for name in os.listdir(f"/proc/{job.pid}/fd"):
        if os.readlink(f"/proc/{job.pid}/fd/{name}").startswith("socket:"):
            with duplicate(job.pid, int(name)) as found:
                yield found, [row for row in OPTIONS if row[0] == socket.IPPROTO_IP or found.family == socket.AF_INET6]


def run(job):
    """One after the other, so that each is seen."""
    need_ip()
    new_host()
    ip(job, "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
    job.start()
    for wanted in ("options", "device"):
        for end, options in each(job):
            for row in options if wanted == "options" else ():
                end.setsockopt(*row)
            if wanted == "device":
                end.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, DEVICE)
        job.cycle()
    for end, options in each(job):
        if end.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\0") != DEVICE:
            raise Failed("a socket is bound to no device any more")
        for level, option, value in options:
            if end.getsockopt(level, option) != value:
                raise Failed(f"option {level}, {option} is {end.getsockopt(level, option)}")
    job.stop()
