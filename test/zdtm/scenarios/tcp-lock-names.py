# SPDX-License-Identifier: GPL-2.0-only
"""Locks of a dump and of a restore beside those of others, many: a process of the same number in another namespace of
processes may be at work on the same host. A lock that was left here when the tree went elsewhere does not hold it when it
comes back. What a dump leaves goes at a restore also where no connection comes back."""

import socket
import struct

from runner.clients import greeted, ping, read_port
from runner.hosts import NETLINK_NETFILTER, NFTA_TABLE_NAME, expect_tables, new_host, tables

PROGRAM = "static/tcp/echo"
NUMBERS = 100
ELSEWHERE = "11111111-2222-4333-8444-555555555555"
NEW_TABLE, BATCH_BEGIN, BATCH_END = 0xa00, 0x10, 0x11
REQUEST, CREATE = 0x1, 0x400
NFPROTO_INET = 1


def message(kind, flags, family, resource, payload=b""):
    """One of nfnetlink."""
    return struct.pack("=IHHIIBB", 20 + len(payload), kind, flags | REQUEST, 1, 0, family, 0) + struct.pack("!H", resource) + payload


def make_tables(names):
    """Empty ones."""
    batch = message(BATCH_BEGIN, 0, 0, 10)
    for name in names:
        text = name.encode() + b"\0"
        batch += message(NEW_TABLE, CREATE, NFPROTO_INET, 0, struct.pack("=HH", 4 + len(text), NFTA_TABLE_NAME) +
                         text + bytes(-len(text) % 4))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as netlink:
        netlink.send(batch + message(BATCH_END, 0, 0, 10))


def run(job):
    """All names that the number of a process could give."""
    new_host()
    job.start()
    client = greeted(("127.0.0.1", read_port(job)), job.limit)
    with open("/proc/sys/kernel/ns_last_pid", encoding="ascii") as file:
        last = int(file.read())
    names = [f"CRIU-{verb}-{last + i}" for verb in ("dump", "restore") for i in range(NUMBERS)]
    make_tables(names)
    if len(tables()) != len(names):
        raise AssertionError("no tables were made")
    job.dump("--leave-running")
    ping(client)
    job.dump()
    job.restore()
    ping(client)
    expect_tables("after the restore", *names)
    job.dump()
    job.edit_image("inventory.img", lambda entry: entry.update(dump_criu_run_id=ELSEWHERE))
    job.restore()
    ping(client)
    names += tables()[-1:]
    expect_tables("back from elsewhere", *names)
    job.dump()
    if len(tables()) != len(names) + 1:
        raise AssertionError("the dump has left no lock")
    job.restore("--tcp-close")
    expect_tables("after the restore without the connection", *names)
    client.close()
    job.stop()
