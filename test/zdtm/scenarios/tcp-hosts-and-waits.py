# SPDX-License-Identifier: GPL-2.0-only
"""Hosts made of network namespaces on one bridge: a process that is server of some connections and client of others, over
IPv4 and IPv6, is away for 1, 5 and 20 seconds. It comes back where it was, on another host that takes over its address while
the old one still has its lock, or there after the old host is gone. The process at the other ends is never touched."""

import copy
import ctypes
import os
import shutil
import time

from runner.job import Failed, Job, Skipped
from runner.worker import raise_loopback

PROGRAM = "static/tcp/talk"
SETTINGS = {"timeout": "180"}  # the longest wait, and as much again until the peer tries next
PATIENCE = 90
WAITS = (1, 5, 20)
SAME, MOVED, GONE = "back on its host", "moved", "moved, the old host is gone"
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


class Host:
    """A network namespace with one cable to the bridge."""

    def __init__(self, job, name, number, switch=None):
        self.job, self.name, self.number = job, name, number
        if LIBC.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        raise_loopback()
        self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        if switch:
            switch.enter()
            ip(job, f"link add {name} type veth peer name eth0 netns /proc/{os.getpid()}/fd/{self.fd}",
               f"link set {name} master bridge up")
            self.enter()
            ip(job, "link set eth0 up", f"addr add 10.9.1.{number}/16 dev eth0", f"addr add fd09::1:{number}/64 dev eth0 nodad")

    def enter(self):
        """What is started from here on is on this host."""
        if LIBC.setns(self.fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def address(self, verb, number):
        """Take or give up the addresses of a process."""
        self.enter()
        ip(self.job, f"addr {verb} 10.9.0.{number}/32 dev eth0",
           f"addr {verb} fd09::{number:x}/128 dev eth0" + (" nodad" if verb == "add" else ""))


def ip(job, *lines):
    """The program of that name, on the host where we are."""
    path = os.path.join(job.directory, "ip.batch")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    if job.children.run(["ip", "-batch", path], job.limit, output=os.path.join(job.directory, "ip.log")):
        raise Failed(f"ip {'; '.join(lines)}")


class Pair:
    """Two processes that talk: one that is dumped, one that is left alone."""

    def __init__(self, job, number, wait, how):
        self.number, self.wait, self.how, self.due = number, wait, how, None
        self.away, self.other = (part(job, f"{number}-{name}") for name in ("away", "other"))

    def what(self):
        """Of which one it is, for messages."""
        return f"{self.how}, after {self.wait} s"

    def start(self, host, peers):
        """Both talk in all ways: each is server and client, of both versions of IP."""
        mine, others = [[f"10.9.0.{number}", f"fd09::{number:x}"] for number in (self.number, self.number + 100)]
        for job, own, far in ((self.away, mine, others), (self.other, others, mine)):
            os.makedirs(os.path.join(job.directory, "cwd"))
            with open(os.path.join(job.directory, "cwd", "talk"), "w", encoding="ascii") as file:
                file.writelines(f"listen {address} any 5000\n" for address in own)
                file.writelines(f"connect {from_} {to} 5000\n" for from_, to in zip(own, far))
        host.address("add", self.number)
        peers.address("add", self.number + 100)
        pidfile = os.path.join(self.other.directory, "pidfile")
        starter = self.other.children.spawn([self.other.test.program, "--pidfile", pidfile, "--outfile", self.other.outfile],
                                            cwd=os.path.join(self.other.directory, "cwd"))
        host.enter()
        self.away.start()
        self.other.judge(self.other.children.wait(starter, self.other.limit))
        with open(pidfile, encoding="ascii") as file:
            self.other.pid = int(file.read())

    def dump(self, host, all_pids):
        """Away it is."""
        host.enter()
        self.away.remember()
        self.away.outside = all_pids - {self.away.pid}
        self.away.dump()
        if self.how != SAME:
            host.address("del", self.number)
        self.due = time.monotonic() + self.wait

    def restore(self, host):
        """And back."""
        time.sleep(max(self.due - time.monotonic(), 0))
        host.enter()
        if self.how != SAME:
            host.address("add", self.number)
        self.away.restore()
        self.away.compare(f"after the restore ({self.what()})")

    def finish(self):
        """Both find that all has come."""
        for job, name in ((self.away, "was away"), (self.other, "was not touched")):
            try:
                job.finish()
            except Failed as failed:
                raise Failed(f"{self.what()}: the process that {name}: {failed}") from None


def part(job, name):
    """A job of its own for one of the processes."""
    directory = os.path.join(job.directory, name)
    os.mkdir(directory)
    own = Job(copy.deepcopy(job.test), {**job.settings, "limit": max(PATIENCE, job.limit)}, directory, job.children)
    own.notes = job.notes
    return own


def make_hosts(job):
    """The switch, the host of those who are not touched, and those between which the others move."""
    switch = Host(job, "switch", 0)
    ip(job, "link add bridge type bridge", "link set bridge up")
    peers, old, doomed, new = (Host(job, name, number, switch) for number, name in enumerate(("peers", "old", "doomed", "new"), 1))
    return peers, {SAME: old, MOVED: old, GONE: doomed}, new, switch


def run(job):
    """All of them at the same time."""
    if not shutil.which("ip"):
        raise Skipped("no ip (iproute2) here")
    peers, hosts, new, switch = make_hosts(job)
    ways = [(wait, how) for wait in WAITS for how in hosts]
    pairs = [Pair(job, number + 1, wait, how) for number, (wait, how) in enumerate(ways)]
    for pair in pairs:
        pair.start(hosts[pair.how], peers)
    pids = {part.pid for pair in pairs for part in (pair.away, pair.other)}
    for pair in pairs:
        pair.dump(hosts[pair.how], pids)
    pairs[0].away.check_images()
    # Nobody is there any more, and no name of it.
    switch.enter()
    os.close(hosts[GONE].fd)
    for pair in sorted(pairs, key=lambda pair: pair.due):
        pair.restore(new if pair.how != SAME else hosts[SAME])
    for pair in pairs:
        for one in (pair.away, pair.other):
            os.kill(one.pid, 15)
    for pair in pairs:
        pair.finish()
