# SPDX-License-Identifier: GPL-2.0-only
"""The process that looks into terminals is killed, at many moments: another one goes on, the dump succeeds, and what filled
the terminals is there."""

import os
import random
import signal
import time

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/tty/full"
KILLS = 10
HITS = 3


def kill_one(job, delay):
    """One dump, whose newest process is killed @delay seconds after it came. Whether it was at work."""
    job.new_images()
    argv = [job.criu, "dump", "-D", job.images, "-o", "dump.log", "-v4", "-R", "-t", str(job.pid)]
    criu = job.children.spawn(argv, cwd=job.images, output=os.path.join(job.images, "dump.out"))
    worker, found = None, []
    while snapshot.is_there(criu) and not found:
        worker = worker or snapshot.worker_of(criu)
        for _ in range(200):
            found = snapshot.as_born(worker) if worker else []
            if found:  # one may be there to hold back the end of the worker
                break
    end = time.monotonic() + delay
    while time.monotonic() < end:
        pass
    try:
        if found:
            os.kill(found[-1], signal.SIGKILL)
    except ProcessLookupError:
        pass
    if job.children.wait(criu, job.limit):
        raise Failed("the dump fails when a process is killed whose work another one can do")
    with open(os.path.join(job.images, "dump.log"), encoding="utf-8") as file:
        return "who looked into terminals was killed" in file.read()


def run(job):
    """Until some of them have hit; the program checks what it reads at the end."""
    job.start()
    job.remember()
    hits = kills = 0
    while hits < HITS and kills < 10 * KILLS:
        hits += kill_one(job, random.uniform(0, 0.02))
        kills += 1
    job.compare("after the dumps")
    job.cycle()
    job.stop()
