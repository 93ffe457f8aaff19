# SPDX-License-Identifier: GPL-2.0-only
"""System V objects that went after the dump are made again with their ids; a restore that fails, or is killed, leaves none."""

import os
import subprocess

from runner.job import Failed

PROGRAM = "static/ipc/shared-namespace"
SCRIPT = '#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" != post-restore ] || kill -KILL $PPID\n'


def objects():
    """What this namespace has."""
    found = []
    for sort in ("shm", "sem", "msg"):
        with open(f"/proc/sysvipc/{sort}", encoding="ascii") as file:
            found += [f"{sort} {line.split()[1]}" for line in file.readlines()[1:]]
    return found


def run(job):
    """Removed, restored in vain, restored."""
    job.start()
    job.remember()
    job.dump()
    before = objects()
    subprocess.run(["ipcrm", "--all"], check=True)
    if len(before) != 4 or objects():
        raise Failed(f"{before} were there, {objects()} are left")
    for step in ("plan", "fork", "stats"):
        job.restore_fails([], "--fault-step", step)
        if objects():
            raise Failed(f"a restore that failed at {step} left {objects()}")
    script = os.path.join(job.directory, "kill-parent")
    with open(script, "w", encoding="ascii") as file:
        file.write(SCRIPT)
    os.chmod(script, 0o755)
    try:
        job.run_criu("restore", ["-d", "--action-script", script])
    except Failed:
        pass
    job.children.until(lambda: not objects(), job.limit, "a killed restore left the objects that it made")
    job.expect_gone()
    job.restore()
    if objects() != before:
        raise Failed(f"{before} were there, now {objects()}")
    job.compare("after the restore")
    job.stop()
