# SPDX-License-Identifier: GPL-2.0-only
"""A restore with --log-pid: a log for each task, with lines of that task, beside the log of criu itself."""

import os

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/process/children"


def run(job):
    """No task has its lines in the common log, none in that of another."""
    job.start()
    job.remember()
    pids = [int(pid) for pid in snapshot.tree(job.pid)]
    job.dump()
    job.restore("--log-pid")
    job.compare("after the restore")
    for pid in pids:
        path = os.path.join(job.images, f"restore.log.{pid}")
        if not os.path.exists(path):
            raise Failed(f"there is no log of task {pid}")
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        if not lines or not all(f"{pid}: " in line for line in lines):
            raise Failed(f"the log of task {pid} is: {lines[:5]}")
    with open(os.path.join(job.images, "restore.log"), encoding="utf-8") as file:
        if "Restore finished successfully" not in file.read():
            raise Failed("the log of criu itself has no end")
    job.stop()
