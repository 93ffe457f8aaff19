# SPDX-License-Identifier: GPL-2.0-only
"""--restore-sibling: the restored root is a child of the process that called criu."""

import os
import shlex
import signal

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/process/children"


def run(job):
    """Call criu from a shell which then is the parent."""
    job.start()
    job.remember()
    job.dump()
    words = [job.criu, "restore", "-D", job.images, "-o", "restore.log", "-v4", "-d", "--restore-sibling"]
    done = os.path.join(job.directory, "done")
    # Not exec'ed: the shell has to reap criu and stay.
    script = f"{shlex.join(words)}; echo $? > {shlex.quote(done + '.new')}; mv {done}.new {done}; exec sleep 1000"
    shell = job.children.spawn(["sh", "-c", script], cwd=job.images, output=os.path.join(job.images, "restore.out"))
    job.children.until(lambda: os.path.exists(done), job.limit, "criu restore does not return")
    with open(done, encoding="ascii") as file:
        if file.read().strip() != "0":
            raise Failed("criu restore --restore-sibling failed")
    job.compare("after the restore")
    parent = snapshot.stat_fields(f"/proc/{job.pid}/stat").get(4)
    if parent != str(shell):
        raise Failed(f"the parent of the restored root is {parent}, not the caller of criu ({shell})")
    os.kill(shell, signal.SIGKILL)
    job.children.wait(shell, job.limit)
    job.stop()
