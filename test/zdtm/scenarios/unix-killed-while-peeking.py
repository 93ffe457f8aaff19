# SPDX-License-Identifier: GPL-2.0-only
"""Dumps are killed while they read queues of unix sockets, one after the other, right behind a change of the peek offset: all
options are put back, also those of sockets that are only in flight."""

import socket

from runner.job import Failed
from runner.tracing import kill_behind_option, worker_of

PROGRAM = "static/unix/flight-peeked"
SO_PEEK_OFF = 42


def run(job):
    """The program looks at its sockets in the end; nothing has restored them."""
    job.start()
    job.remember()
    killed = 0
    for nr in range(1, 11):
        job.new_images()
        pid = job.children.spawn([job.criu, "dump", "-D", job.images, "-o", "dump.log", "-v4", "-t", str(job.pid),
                                  "--leave-running", *job.test.dump_options], cwd=job.images)
        try:
            kill_behind_option(worker_of(job, pid), nr, (socket.SOL_SOCKET, SO_PEEK_OFF))
            killed += 1
        except Failed:  # it had come further than that when it was seized
            pass
        job.children.wait(pid, job.limit)
        job.compare("after a dump that was killed")
    if not killed:
        raise Failed("no dump could be killed")
    job.stop()
