# SPDX-License-Identifier: GPL-2.0-only
"""Three hosts, made of network namespaces: a server is dumped on one and restored on another that takes over its address;
the client on the third never notices."""

from runner.clients import Stream, greeted, ping, read_port
from runner.hosts import cable, enter, give_addresses, here, ip, need_ip, new_host, stay_here

PROGRAM = "static/tcp/echo"


def plug(job, client):
    """The client's end."""
    enter(client)
    give_addresses(job, 2)


def move(job, servers, client, client_tid):
    """Dump, unplug, restore on the other host, plug in."""
    enter(servers[0])
    job.dump()
    ip(job, "link", "del", "eth0")
    cable(job, servers[1], client_tid)
    enter(servers[1])
    job.restore()
    plug(job, client)


def run(job):
    """There and back again."""
    need_ip()
    client, stay = here(), stay_here()
    servers = [new_host(), new_host()]
    cable(job, servers[0], stay)
    enter(servers[0])
    job.start()
    plug(job, client)
    port = read_port(job)
    idle = greeted(("10.9.0.1", port), job.limit)
    streams = [Stream(greeted((host, port), job.limit)) for host in ("10.9.0.1", "fd09::1")]
    move(job, servers, client, stay)
    ping(idle)
    move(job, servers[::-1], client, stay)
    for stream in streams:
        stream.finish(job.limit)
    ping(idle)
    job.stop()
