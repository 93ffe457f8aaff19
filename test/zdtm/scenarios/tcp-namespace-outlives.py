# SPDX-License-Identifier: GPL-2.0-only
"""A server in a network namespace that somebody else keeps, as `ip netns` does, with clients outside of it: it is dumped,
is away for a second, and comes back into the namespace. No client notices, and nothing is held afterwards."""

import time

from runner.clients import Stream, greeted, ping, read_port
from runner.hosts import expect_tables, on, start_on_another_host, words_for
from runner.job import Failed
from runner.scripts import action_script

PROGRAM = "static/tcp/echo"
AWAY = 1.0
# At a port where nobody is: it comes to the host, but no error goes back.
SCRIPT = """#!/usr/bin/python3
import os, socket, sys, time

def counter(row, name):
    with open(f"/proc/{os.environ['CRTOOLS_INIT_PID']}/net/snmp", encoding="ascii") as file:
        heads, values = [line.split() for line in file if line.startswith(row + ":")]
    return int(values[heads.index(name)])

if os.environ["CRTOOLS_SCRIPT_ACTION"] != "post-dump":
    sys.exit(0)
refused, came = counter("Udp", "NoPorts"), counter("Ip", "InReceives")
for _ in range(10):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("10.9.0.1", 9))
while counter("Ip", "InReceives") < came + 10:
    time.sleep(0.001)
sys.exit(counter("Udp", "NoPorts") != refused)
"""


def dump(job, server, *words):
    """All is held meanwhile, and what was alive from then on, by its name for CRIU 4.2 as well."""
    job.dump(*action_script(job, SCRIPT), *words)
    with on(server):
        expect_tables("after the dump", "CRIU-")
    expect_tables("after the dump, outside")


def restore(job, server, words, keep=()):
    """Nothing is held any more."""
    if job.run_criu("restore", ["-d", *job.test.restore_options, *words], keep=keep):
        raise Failed(f"criu restore {words} fails")
    with on(server):
        expect_tables("after the restore")


def run(job):
    """By --external and --inherit-fd, by --external and --join-ns, by --empty-ns and --join-ns."""
    server = start_on_another_host(job)
    port = read_port(job)
    idle = greeted(("10.9.0.1", port), job.limit)
    streams = [Stream(greeted((host, port), job.limit)) for host in ("10.9.0.1", "fd09::1")]
    external, join = words_for(server)
    ways = ((external, ("--inherit-fd", f"fd[{server}]:outer"), (server,)), (external, join, ()),
            (("--empty-ns", "net"), join, ()))
    for dump_words, restore_words, keep in ways:
        dump(job, server, *dump_words)
        time.sleep(AWAY)  # the clients send again meanwhile
        restore(job, server, restore_words, keep)
        ping(idle)
    job.dump("--leave-running", *external)
    with on(server):
        expect_tables("after a dump that leaves the tree running")
    ping(idle)
    for stream in streams:
        stream.finish(job.limit)
    job.stop()
