# SPDX-License-Identifier: GPL-2.0-only
"""Each family of sockets that the kernel has and that is not kept is refused by its own name, all in one run."""

import os

from runner.job import Failed

PROGRAM = "static/refuse/families"


def run(job):
    """What the program says it has must stand in the log."""
    job.start()
    job.remember()
    job.dump_fails()
    with open(f"/proc/{job.pid}/cwd/names", encoding="ascii") as file:
        names = file.read().splitlines()
    if not names:
        raise Failed("the program has no such socket")
    with open(os.path.join(job.images, "dump.log"), encoding="utf-8") as file:
        log = file.read()
    missing = [name for name in names if f"sockets of family {name}" not in log]
    if missing:
        raise Failed(f"not named: {'; '.join(missing)}")
    job.compare("after the refusal")
    job.stop()
