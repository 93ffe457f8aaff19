# SPDX-License-Identifier: GPL-2.0-only
"""Dumps are killed while a connection is in repair mode, right behind the system call: it leaves the mode and goes on."""

from runner.clients import greeted, ping, read_port
from runner.job import Failed
from runner.tracing import in_repair, kill_behind_repair, worker_of

PROGRAM = "static/tcp/echo"
CLIENTS = 10


def run(job):
    """At the first and at later connections."""
    job.start()
    port = read_port(job)
    clients = [greeted(("::1", port), job.limit) for _ in range(CLIENTS)]
    job.remember()
    for nr in (0, 3, CLIENTS - 1):
        job.new_images()
        pid = job.children.spawn([job.criu, "dump", "-D", job.images, "-o", "dump.log", "-v4", "-t", str(job.pid),
                                  *job.test.dump_options], cwd=job.images)
        kill_behind_repair(worker_of(job, pid), 2 * nr + 1)
        if not job.children.wait(pid, job.limit):
            raise Failed("a killed dump succeeded")
        if in_repair(job.pid):
            raise Failed("a killed dump leaves a connection in repair mode")
        job.compare("after a dump that was killed")
        for client in clients:
            ping(client)
    job.stop()
