# SPDX-License-Identifier: GPL-2.0-only
"""Three hosts, made of network namespaces: a server is dumped on one and restored on another that takes over its address;
the client on the third never notices, nor do those of its connections that nobody has accepted yet."""

import ctypes
import os
import shutil
import socket
import threading

from runner.clients import Stream, exactly, greeted, ping, read_port
from runner.conditions import reason_to_skip
from runner.job import Failed, Skipped
from runner.worker import raise_loopback

PROGRAM = "static/tcp/echo"
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def enter(fd):
    """This thread, and what it starts, is on another host from here on."""
    if LIBC.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def new_host():
    """A network namespace, which this thread enters."""
    if LIBC.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    raise_loopback()
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def ip(job, *words):
    """The program of that name, on the host of this thread."""
    if job.children.run(["ip", *words], job.limit):
        raise Failed(f"ip {' '.join(words)}")


def cable(job, server, client_tid):
    """From the server, where this thread goes, to the client; the cable is not plugged in there."""
    enter(server)
    ip(job, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", str(client_tid))
    ip(job, "addr", "add", "10.9.0.1/24", "dev", "eth0")
    ip(job, "addr", "add", "fd09::1/64", "dev", "eth0", "nodad")
    ip(job, "link", "set", "eth0", "up")


def plug(job, client):
    """The client's end."""
    enter(client)
    ip(job, "addr", "replace", "10.9.0.2/24", "dev", "eth0")
    ip(job, "addr", "replace", "fd09::2/64", "dev", "eth0", "nodad")
    ip(job, "link", "set", "eth0", "up")


def move(job, servers, client, client_tid):
    """Dump, unplug, restore on the other host, plug in."""
    enter(servers[0])
    job.dump()
    ip(job, "link", "del", "eth0")
    cable(job, servers[1], client_tid)
    job.restore()
    plug(job, client)


def call_held(job, port):
    """Connections that nobody accepts, with something in them; the name of the file that holds them."""
    place = os.path.join(job.directory, "cwd")
    with open(os.path.join(place, "hold"), "w", encoding="ascii"):
        pass
    job.wait_for(lambda: os.path.exists(os.path.join(place, "held")), "the server accepts nobody")
    clients = []
    for host in ("10.9.0.1", "fd09::1") * (not reason_to_skip(["no-request-from-ack"])):
        clients.append(socket.create_connection((host, port), timeout=job.limit))
        clients[-1].sendall(b"early")
    return clients, os.path.join(place, "hold")


def run(job):
    """There and back again."""
    if not shutil.which("ip"):
        raise Skipped("no ip (iproute2) here")
    done = threading.Event()
    stay = threading.Thread(target=done.wait, daemon=True)
    stay.start()
    client = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    servers = [new_host(), new_host()]
    cable(job, servers[0], stay.native_id)
    job.start()
    plug(job, client)
    port = read_port(job)
    idle = greeted(("10.9.0.1", port), job.limit)
    streams = [Stream(greeted((host, port), job.limit)) for host in ("10.9.0.1", "fd09::1")]
    held, hold = call_held(job, port)
    move(job, servers, client, stay.native_id)
    ping(idle)
    for late in held:
        late.sendall(b", later")
    move(job, servers[::-1], client, stay.native_id)
    os.unlink(hold)
    for late in held:
        if exactly(late, 18) != b"hello\nearly, later":
            raise Failed("a connection that waited is another one")
        ping(late)
    for stream in streams:
        stream.finish(job.limit)
    ping(idle)
    job.stop()
    done.set()
