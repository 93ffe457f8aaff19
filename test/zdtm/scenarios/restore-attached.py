# SPDX-License-Identifier: GPL-2.0-only
"""Without -d criu stays the parent of what it restored, waits for it, and ends when it ends."""

import os
import signal

from runner import snapshot
from runner.children import TimeLimit
from runner.job import Failed

PROGRAM = "static/process/children"


def run(job):
    """Restore attached, look at the parent, end the tree."""
    job.start()
    job.remember()
    job.dump()
    criu = job.children.spawn([job.criu, "restore", "-D", job.images, "-o", "restore.log", "-v4"], cwd=job.images,
                              output=os.path.join(job.images, "restore.out"))
    try:
        job.children.until(lambda: snapshot.is_there(job.pid) or criu in job.children.ended, job.limit, "")
        job.compare("after the restore")
        parent = snapshot.stat_fields(f"/proc/{job.pid}/stat").get(4)
        if parent != str(criu):
            raise Failed(f"the parent of the restored root is {parent}, not criu ({criu})")
        os.kill(job.pid, signal.SIGTERM)
        status = job.children.wait(criu, job.limit)
    except TimeLimit as error:
        raise Failed(f"the tree or criu does not do its part: {error}") from None
    if status:
        raise Failed(f"criu restore ended with {status} after the tree had ended well")
    job.judge(0 if job.last_line("PASS") == "" else 1)
