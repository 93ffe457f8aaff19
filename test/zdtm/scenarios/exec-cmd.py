# SPDX-License-Identifier: GPL-2.0-only
"""--exec-cmd: criu becomes the command that follows --, which is the parent of the restored tree."""

import os
import signal

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/process/children"


def run(job):
    """Restore with a sleep as the parent."""
    job.start()
    job.remember()
    job.dump()
    words = [job.criu, "restore", "-D", job.images, "-o", "restore.log", "-v4", "--exec-cmd", "--", "sleep", "1000"]
    criu = job.children.spawn(words, cwd=job.images, output=os.path.join(job.images, "restore.out"))
    job.children.until(lambda: snapshot.read(f"/proc/{criu}/comm").strip() == "sleep" or criu in job.children.ended,
                       job.limit, "criu does not become the command")
    if criu in job.children.ended:
        raise Failed(f"criu ended with {job.children.ended[criu]} instead of becoming the command")
    job.compare("after the restore")
    parent = snapshot.stat_fields(f"/proc/{job.pid}/stat").get(4)
    if parent != str(criu):
        raise Failed(f"the parent of the restored root is {parent}, not the command ({criu})")
    os.kill(criu, signal.SIGKILL)
    job.children.wait(criu, job.limit)
    job.stop()
