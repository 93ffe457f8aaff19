# SPDX-License-Identifier: GPL-2.0-only
"""--leave-stopped of dump and of restore: every task of the tree is stopped, and SIGCONT lets it go on."""

import os
import signal

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/process/children"


def states(job):
    """State letter of each task of the tree."""
    return {pid: snapshot.stat_fields(f"/proc/{pid}/stat").get(3) for pid in snapshot.tree(job.pid)}


def expect_stopped(job, when):
    """All of the tree is in state T or Z; then let it go on."""
    wrong = {pid: state for pid, state in states(job).items() if state not in ("T", "Z")}
    if wrong or len(states(job)) != len(job.before):
        raise Failed(f"{when} tasks are not stopped: {wrong or states(job)}")
    for pid in states(job):
        os.kill(pid, signal.SIGCONT)
    job.compare(when)


def run(job):
    """Dump and leave stopped, go on; dump, restore and leave stopped, go on."""
    job.start()
    job.remember()
    job.dump("--leave-stopped")
    expect_stopped(job, "after dump --leave-stopped")
    job.dump()
    job.restore("--leave-stopped")
    expect_stopped(job, "after restore --leave-stopped")
    job.stop()
