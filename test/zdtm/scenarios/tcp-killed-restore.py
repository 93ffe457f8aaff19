# SPDX-License-Identifier: GPL-2.0-only
"""Restores are killed: while connections are made, nothing is left and the next restore has them; behind the commit, the
guardian finishes, and all of them go on."""

from runner import snapshot
from runner.clients import greeted, ping, read_port
from runner.job import Failed
from runner.tracing import in_repair, kill_behind_repair

PROGRAM = "static/tcp/echo"
CLIENTS = 10


def killed(job, nr):
    """One restore, killed behind the call with this number; each connection has one for on and one for off."""
    pid = job.children.spawn([job.criu, "restore", "-D", job.images, "-o", "restore.log", "-v4", "-d",
                              *job.test.restore_options], cwd=job.images)
    kill_behind_repair(pid, nr, own=True)
    if not job.children.wait(pid, job.limit):
        raise Failed("a killed restore succeeded")


def run(job):
    """At two connections each."""
    job.start()
    port = read_port(job)
    clients = [greeted(("::1", port), job.limit) for _ in range(CLIENTS)]
    job.remember()
    for nr in (CLIENTS + 1, CLIENTS + 5):
        job.dump()
        for early in (1, CLIENTS):
            killed(job, early)
            job.children.until(lambda: not snapshot.others(), job.limit, "a killed restore leaves processes")
        killed(job, nr)
        job.compare("after a restore that was killed behind its commit")
        if in_repair(job.pid):
            raise Failed("a connection stays in repair mode")
        for client in clients:
            ping(client)
    job.stop()
