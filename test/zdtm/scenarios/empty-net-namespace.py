# SPDX-License-Identifier: GPL-2.0-only
"""--empty-ns net: a script makes the device and the addresses that sockets are bound to, when the tree has its pid and
before they are bound; it waits until something has come from a client, which nobody may answer yet. The clients outside go
on. Without the script, the restore names the addresses and leaves nothing."""

import os
import socket

from runner import snapshot
from runner.clients import Stream, exactly, greeted, ping, read_port
from runner.hosts import another_host, cable, enter, expect_tables, give_addresses, here, ip, need_ip, stay_here
from runner.job import Failed
from runner.scripts import action_script

PROGRAM = "static/tcp/echo"
SCRIPT = """#!/bin/sh
echo $CRTOOLS_SCRIPT_ACTION >> {log}
[ "$CRTOOLS_SCRIPT_ACTION" = setup-namespaces ] || exit 0
ip link add zout type veth peer name eth0 netns $CRTOOLS_INIT_PID || exit 1
ip addr add 10.9.0.2/24 dev zout || exit 1
ip addr add fd09::2/64 dev zout nodad || exit 1
ip link set zout up || exit 1
exec nsenter --net=/proc/$CRTOOLS_INIT_PID/ns/net sh -ec '
    ip link set lo up
    ip addr add 10.9.0.1/24 dev eth0
    ip addr add fd09::1/64 dev eth0 {nodad}
    ip link set eth0 up
    until awk "/^Ip: [0-9]/ && \\$4 > 0 {{ found = 1 }} END {{ exit !found }}" /proc/net/snmp; do sleep 0.01; done'
"""


def interfaces():
    """Those of the own namespace; /sys shows the ones of the namespace it was mounted in."""
    return [name for _, name in socket.if_nameindex()]


def cycle(job, nodad, client):
    """The namespace ends with the tree, in a while; the device of the clients goes with it. One of them has something to
    say."""
    job.dump("--empty-ns", "net")
    job.children.until(lambda: "zout" not in interfaces(), job.limit, "the namespace stays")
    job.restore_fails(["10.9.0.1]:", "no route leads there"], "--empty-ns", "net")
    if snapshot.others():
        raise Failed(f"processes are left: {snapshot.others()}")
    client.sendall(b"question")
    script = SCRIPT.format(log=os.path.join(job.directory, "actions"), nodad=nodad)
    job.restore("--empty-ns", "net", *action_script(job, script))
    if exactly(client, 8) != b"question":
        raise Failed("the server answers with something else")


def run(job):
    """With addresses that are there at once, and such that the kernel wants to have for itself first."""
    need_ip()
    home, server = here(), another_host()
    cable(job, server, stay_here())
    ip(job, "link", "set", "eth0", "name", "zout")
    enter(server)
    job.start()
    enter(home)
    os.close(server)
    give_addresses(job, 2, "zout")
    port = read_port(job)
    idle = greeted(("10.9.0.1", port), job.limit)
    streams = [Stream(greeted((host, port), job.limit)) for host in ("10.9.0.1", "fd09::1")]
    for nodad in ("nodad", ""):
        cycle(job, nodad, idle)
        ping(idle)
    with open(os.path.join(job.directory, "actions"), encoding="ascii") as file:
        actions = file.read().split()
    if actions[:4] != ["pre-restore", "setup-namespaces", "post-setup-namespaces", "post-restore"]:
        raise Failed(f"scripts were told {actions}")
    expect_tables("outside")
    for stream in streams:
        stream.finish(job.limit)
    job.stop()
