# SPDX-License-Identifier: GPL-2.0-only
"""Connections from another host wait to be accepted, also by addresses of the link: they are there after the restore, and
whoever accepts them gets all that was sent. At a listener that is bound to a device they are refused."""

import os
import socket

from runner.clients import duplicate, read_port
from runner.conditions import reason_to_skip
from runner.hosts import another_host, cable, give_addresses, need_ip, new_host, on, stay_here
from runner.job import Failed, Skipped

PROGRAM = "static/tcp/echo"
GREETING = b"hello\n"


def hold(job, wanted):
    """Whether the server accepts."""
    name = os.path.join(job.directory, "cwd", "hold")
    if wanted:
        with open(name, "w", encoding="ascii"):
            pass
        job.wait_for(lambda: os.path.exists(os.path.join(job.directory, "cwd", "held")), "the server accepts nobody")
    else:
        os.unlink(name)


def link_local():
    """Of the device of this host."""
    with open("/proc/thread-self/net/if_inet6", encoding="ascii") as file:
        words = [line.split() for line in file]
    found = [word[0] for word in words if word[5] == "eth0" and word[3] == "20" and not int(word[4], 16) & 0x40]
    return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(found[0])) if found else None


def call(job, address, data):
    """A client of there that has sent something."""
    client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    client.settimeout(job.limit)
    name = (address, read_port(job))
    client.connect((*name, 0, socket.if_nametoindex("eth0")) if address.startswith("fe80") else name)
    client.sendall(data)
    return client


def bind_listener(job, device):
    """The only socket that the server has by now."""
    for name in os.listdir(f"/proc/{job.pid}/fd"):
        if os.readlink(f"/proc/{job.pid}/fd/{name}").startswith("socket:"):
            with duplicate(job.pid, int(name)) as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)


def expect_echo(client, text):
    """All that it has said, behind the greeting."""
    wanted, seen = GREETING + text, b""
    while len(seen) < len(wanted):
        seen += client.recv(len(wanted) - len(seen)) or b"(end)"
    if seen != wanted:
        raise Failed(f"other bytes come back: {seen}")
    client.close()


def run(job):
    """By all ways at once."""
    reason = reason_to_skip(["no-request-from-ack"])
    if reason:
        raise Skipped(reason)
    need_ip()
    new_host()
    other = another_host()
    cable(job, other, stay_here())
    give_addresses(job, 2)
    job.start()
    hold(job, True)
    job.wait_for(link_local, "the device has an address of the link")
    addresses = [link_local(), "10.9.0.2", "fd09::2"]
    with on(other):
        job.wait_for(link_local, "the other device has an address of the link")
        clients = [call(job, address, address.encode()) for address in addresses]
    job.remember()
    bind_listener(job, b"eth0")
    job.dump_fails()
    job.expect_reasons(["connection 1 that waits to be accepted comes from outside of the tree and is bound to a device"])
    bind_listener(job, b"")
    job.dump()
    job.check_images()
    job.restore()
    hold(job, False)
    for client, address in zip(clients, addresses):
        expect_echo(client, address.encode())
    job.stop()
