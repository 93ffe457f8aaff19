# SPDX-License-Identifier: GPL-2.0-only
"""Streams both ways between a process that is dumped and restored ten times, with a dump that lets it run on in between, and
one outside of the tree, which is never touched: full queues on one way of each connection, room on the other."""

import copy
import os
import signal

from runner.job import Failed, Job

PROGRAM = "static/tcp/talk"
PORT = 5100
TIMES = 10


def outside(job):
    """The job of the other process. Each is server and client, of both versions of IP."""
    other = Job(copy.deepcopy(job.test), job.settings, os.path.join(job.directory, "other"), job.children)
    for one, own, far in ((job, PORT, PORT + 1), (other, PORT + 1, PORT)):
        os.makedirs(os.path.join(one.directory, "cwd"))
        with open(os.path.join(one.directory, "cwd", "talk"), "w", encoding="ascii") as file:
            for address in ("127.0.0.1", "::1"):
                file.write(f"listen {address} any {own}\nconnect {address} {address} {far}\n")
    return other


def start(job, other):
    """Neither is ready before the other."""
    pidfile = os.path.join(other.directory, "pidfile")
    starter = job.children.spawn([job.test.program, "--pidfile", pidfile, "--outfile", other.outfile],
                                 cwd=os.path.join(other.directory, "cwd"))
    job.start()
    other.judge(job.children.wait(starter, job.limit))
    with open(pidfile, encoding="ascii") as file:
        other.pid = int(file.read())
    job.outside.add(other.pid)


def run(job):
    """Ten times."""
    other = outside(job)
    start(job, other)
    for number in range(TIMES):
        job.remember()
        if number % 3 == 0:
            job.dump("--leave-running")
            job.compare("after a dump with --leave-running")
        job.dump()
        if not number:
            job.check_images()
        job.restore()
        job.compare("after the restore")
    for one in (job, other):
        os.kill(one.pid, signal.SIGTERM)
    for one, what in ((job, "was dumped"), (other, "was not touched")):
        try:
            one.finish()
        except Failed as failed:
            raise Failed(f"the process that {what}: {failed}") from None
    job.outside.discard(other.pid)
