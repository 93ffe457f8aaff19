# SPDX-License-Identifier: GPL-2.0-only
"""The worker of a dump is killed while its code runs in a task under strict seccomp, where any system call of that code
would be the end of the task: the task goes on."""

import os
import random
import signal
import time

from runner import snapshot
from runner.job import Failed
from runner.tracing import wait_for_step

PROGRAM = "static/seccomp/many-strict"
KILLS = 15


def kill_one(job, delay):
    """One dump with --leave-running, killed @delay seconds after the injection began. Whether it was killed."""
    job.new_images()
    argv = [job.criu, "dump", "-D", job.images, "-o", "dump.log", "-v4", "-R", "-t", str(job.pid)]
    pid = job.children.spawn(argv, cwd=job.images, output=os.path.join(job.images, "dump.out"))
    wait_for_step(os.path.join(job.images, "dump.log"), "inject")
    time.sleep(delay)
    worker = snapshot.worker_of(pid)
    if worker:
        os.kill(worker, signal.SIGKILL)
    status = job.children.wait(pid, job.limit)
    job.compare(f"after dump {job.dumps}, which ended with {status}")
    return status != 0


def run(job):
    """Kill many dumps."""
    job.start()
    job.remember()
    chance = random.Random(0)
    killed = sum(kill_one(job, chance.uniform(0, 0.012)) for _ in range(KILLS))
    if killed < KILLS // 5:
        raise Failed(f"only {killed} of {KILLS} dumps were killed in time")
    job.compare(f"after {killed} killed dumps")
    job.stop()
