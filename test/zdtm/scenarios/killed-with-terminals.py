# SPDX-License-Identifier: GPL-2.0-only
"""The worker of a dump is killed while what waits in terminals is looked at, in which time it is not there: nothing is lost or
doubled, and the tree goes on."""

import os
import random
import signal
import time

from runner import snapshot
from runner.tracing import wait_for_step

PROGRAM = "transition/terminal-talk"
KILLS = 20


def kill_one(job, delay):
    """One dump with --leave-running, killed @delay seconds after its pages were begun."""
    job.new_images()
    argv = [job.criu, "dump", "-D", job.images, "-o", "dump.log", "-v4", "-R", "-t", str(job.pid)]
    pid = job.children.spawn(argv, cwd=job.images, output=os.path.join(job.images, "dump.out"))
    wait_for_step(os.path.join(job.images, "dump.log"), "pages")
    time.sleep(delay)
    worker = snapshot.worker_of(pid)
    if worker:
        os.kill(worker, signal.SIGKILL)
    job.children.wait(pid, job.limit)


def run(job):
    """At many moments; the program checks what it reads all the time."""
    job.start()
    job.remember()
    for _ in range(KILLS):
        kill_one(job, random.uniform(0, 0.002))
    job.cycle()
    job.stop()
