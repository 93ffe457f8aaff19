# SPDX-License-Identifier: GPL-2.0-only
"""System V objects that went after the dump are made again with their ids; a restore that fails leaves none."""

import subprocess

from runner.job import Failed

PROGRAM = "static/ipc/shared-namespace"


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
    for step in ("plan", "fork", "resume"):
        job.restore_fails([], "--fault-step", step)
        if objects():
            raise Failed(f"a restore that failed at {step} left {objects()}")
    job.restore()
    if objects() != before:
        raise Failed(f"{before} were there, now {objects()}")
    job.compare("after the restore")
    job.stop()
