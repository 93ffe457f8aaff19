# SPDX-License-Identifier: GPL-2.0-only
"""A pidfile that exists is not overwritten: the restore fails and leaves nothing behind."""

import os

from runner import snapshot
from runner.job import Failed

PROGRAM = "static/process/single"


def run(job):
    """Restore with a pidfile that is there, then with a new one."""
    job.start()
    job.remember()
    job.dump()
    path = os.path.join(job.directory, "taken.pid")
    with open(path, "w", encoding="ascii") as file:
        file.write("before")
    if not job.run_criu("restore", ["-d", "--pidfile", path]):
        raise Failed("criu restore succeeded although its pidfile existed")
    job.children.reap()
    with open(path, encoding="ascii") as file:
        if file.read() != "before":
            raise Failed("the pidfile was overwritten")
    if snapshot.others():
        raise Failed(f"the restore left {snapshot.others()}")
    job.restore()
    job.compare("after the restore")
    job.stop()
