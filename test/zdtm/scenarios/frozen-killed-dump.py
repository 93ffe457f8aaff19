# SPDX-License-Identifier: GPL-2.0-only
"""The working process of a dump is killed while the frozen tree is thawed for it: the guardian repairs, and all stand
frozen again."""

import os

from runner import snapshot
from runner.freezer import OPTIONS, Freezer
from runner.job import Failed

PROGRAM = "static/process/children"


def run(job):
    """Killed by an action script, whose parent it is."""
    script = os.path.join(job.directory, "kill-parent")
    with open(script, "w", encoding="ascii") as file:
        file.write('#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" != network-lock ] || kill -KILL $PPID\n')
    os.chmod(script, 0o755)
    job.start()
    job.remember()
    for version in (1, 2):
        with Freezer(version) as freezer:
            freezer.move(snapshot.tree(job.pid))
            freezer.freeze()
            job.new_images()
            if not job.run_criu("dump", ["-t", str(job.pid), "--action-script", script, *OPTIONS]):
                raise Failed("a dump that was killed tells of success")
            freezer.expect(True, "after a killed dump")
            freezer.freeze(False)
            job.compare("thawed")
    job.stop()
