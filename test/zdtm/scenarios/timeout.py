# SPDX-License-Identifier: GPL-2.0-only
"""--timeout: a task that cannot be stopped is named when the time is over, and the tree goes on."""

import os
import time

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/refuse/uninterruptible"
SETTINGS = {"not-compared": "none"}


def run(job):
    """Dump with a limit of one second."""
    job.start()
    job.remember()
    start = time.monotonic()
    job.dump_fails("--timeout", "1")
    seconds = time.monotonic() - start
    if seconds > 6:
        raise Failed(f"dump --timeout 1 took {seconds:.1f} s")
    stuck = [pid for pid in snapshot.tree(job.pid) if snapshot.stat_fields(f"/proc/{pid}/stat").get(3) == "D"]
    with open(os.path.join(job.images, "dump.log"), encoding="utf-8", errors="replace") as file:
        errors = [line for line in file if "Error" in line]
    if not any(str(pid) in line for line in errors for pid in stuck):
        raise Failed(f"the errors do not name task {stuck}: {errors}")
    job.stop()
