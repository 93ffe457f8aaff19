# SPDX-License-Identifier: GPL-2.0-only
"""Hosts made of network namespaces, which the threads of a test go into, and cables between them."""

import ctypes
import os
import shutil
import socket
import struct
import threading
from contextlib import contextmanager

from .job import Failed, Skipped
from .worker import raise_loopback

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
NETLINK_NETFILTER, GET_TABLES, NLM_F_DUMP_REQUEST, NLMSG_ERROR, NLMSG_DONE = 12, 10 << 8 | 1, 0x301, 2, 3
NFTA_TABLE_NAME = 1


def here():
    """The host of this thread."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def enter(fd):
    """This thread, and what it starts, is on another host from here on."""
    if LIBC.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def on(fd):
    """For a while."""
    home = here()
    enter(fd)
    try:
        yield
    finally:
        enter(home)
        os.close(home)


def new_host():
    """A network namespace, which this thread enters."""
    if LIBC.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    raise_loopback()
    return here()


def another_host():
    """A network namespace, which this thread does not stay in."""
    home = here()
    host = new_host()
    enter(home)
    os.close(home)
    return host


def stay_here():
    """A thread that stays on the host of this one until the test ends: its number."""
    thread = threading.Thread(target=threading.Event().wait, daemon=True)
    thread.start()
    return thread.native_id


def need_ip():
    """Skips the test without the program ip."""
    if not shutil.which("ip"):
        raise Skipped("no ip (iproute2) here")


def ip(job, *words):
    """The program of that name, on the host of this thread."""
    if job.children.run(["ip", *words], job.limit):
        raise Failed(f"ip {' '.join(words)}")


def give_addresses(job, number, device="eth0"):
    """To a device, which goes up: 10.9.0.NUMBER and fd09::NUMBER."""
    ip(job, "addr", "replace", f"10.9.0.{number}/24", "dev", device)
    ip(job, "addr", "replace", f"fd09::{number}/64", "dev", device, "nodad")
    ip(job, "link", "set", device, "up")


def cable(job, host, other_tid):
    """From a host, with number 1, to that of a thread, with number 2."""
    with on(host):
        ip(job, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", str(other_tid))
        give_addresses(job, 1)


def start_on_another_host(job):
    """A cable leads from there, number 1, to the host of this thread, number 2. Returns the other host."""
    need_ip()
    host = another_host()
    cable(job, host, stay_here())
    with on(host):
        job.start()
    give_addresses(job, 2)
    return host


def words_for(host):
    """What leaves that host out of a dump, and what restores onto it as long as this process has it."""
    return (("--external", f"net[{os.fstat(host).st_ino}]:outer"),
            ("--join-ns", f"net:/proc/{os.getpid()}/fd/{host}"))


def attributes(data):
    """Of a netlink message: (type, value)."""
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        if size < 4:
            return
        yield kind & 0x3fff, data[4:size]
        data = data[(size + 3) & ~3:]


def messages(netlink):
    """The answers to one question: (type, body)."""
    while True:
        data = netlink.recv(65536)
        while len(data) >= 16:
            size, kind = struct.unpack_from("=IH", data)
            if kind == NLMSG_DONE:
                return
            if kind == NLMSG_ERROR:
                raise OSError(-struct.unpack_from("=i", data, 16)[0], "netlink")
            yield kind, data[16:size]
            data = data[(size + 3) & ~3:]


def tables():
    """Names of all tables of nftables on the host of this thread."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as netlink:
        netlink.send(struct.pack("=IHHIIBBH", 20, GET_TABLES, NLM_F_DUMP_REQUEST, 1, 0, 0, 0, 0))
        return [value.rstrip(b"\0").decode() for _, body in messages(netlink) for kind, value in attributes(body[4:])
                if kind == NFTA_TABLE_NAME]


def expect_tables(when, *wanted):
    """Exactly these: each begins so."""
    found = tables()
    if len(found) != len(wanted) or any(not name.startswith(start) for name, start in zip(sorted(found), sorted(wanted))):
        raise Failed(f"{when}: tables of nftables: {found}")
