# SPDX-License-Identifier: GPL-2.0-only
"""One set of images is restored twice, and is not changed by that."""

import os
import signal

from runner import images, snapshot
from runner.job import Failed

PROGRAM = "static/mapping/shared-anonymous"


def run(job):
    """Dump, restore, kill, restore."""
    job.start()
    job.remember()
    job.dump()
    before = images.fingerprints(job.images)
    job.restore()
    job.compare("after the first restore")
    for pid in reversed(snapshot.tree(job.pid)):
        os.kill(pid, signal.SIGKILL)
    job.expect_gone()
    job.restore()
    job.compare("after the second restore")
    if images.fingerprints(job.images) != before:
        raise Failed("the restore has changed the images")
    job.stop()
