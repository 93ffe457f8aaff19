# SPDX-License-Identifier: GPL-2.0-only
"""Dumps are killed while they look at sockets of a process whose first thread has exited, right behind the system call that
changes one: it is put back. The program looks at its sockets in the end; nothing has restored them."""

import socket

from runner.job import Failed
from runner.tracing import kill_behind_option, kill_behind_repair, worker_of

PROGRAM = "static/thread/dead-leader-sockets"
SO_PEEK_OFF = 42


def killed_dump(job, kill):
    """One that does not get far; false: it had come further than that when it was seized."""
    job.new_images()
    pid = job.children.spawn([job.criu, "dump", "-D", job.images, "-o", "dump.log", "-v4", "-t", str(job.pid),
                              "--leave-running", *job.test.dump_options], cwd=job.images)
    try:
        kill(worker_of(job, pid))
        return True
    except Failed:
        return False
    finally:
        job.children.wait(pid, job.limit)
        job.compare("after a dump that was killed")


def run(job):
    """In repair mode, and with the peek offset away."""
    job.start()
    job.remember()
    killed = [killed_dump(job, lambda worker: kill_behind_repair(worker, 1)),
              killed_dump(job, lambda worker: kill_behind_option(worker, 1, (socket.SOL_SOCKET, SO_PEEK_OFF)))]
    if not all(killed):
        raise Failed(f"not all dumps could be killed: {killed}")
    job.stop()
