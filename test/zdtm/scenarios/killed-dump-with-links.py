# SPDX-License-Identifier: GPL-2.0-only
"""A dump with --link-remap is killed when its images are complete but for the end: the links go, the tree runs on."""

import os

from runner.job import Failed
from runner.scripts import action_script

PROGRAM = "static/file/linked"
SCRIPT = """#!/bin/sh
[ "$CRTOOLS_SCRIPT_ACTION" = post-dump ] || exit 0
ls "{place}" | grep -c link_remap > "{seen}"
kill -KILL $PPID
"""


def links(place):
    """Names that the dump gave."""
    return [name for name in os.listdir(place) if "link_remap" in name]


def run(job):
    """Killed by its own action script, then once more undisturbed."""
    place, seen = (os.path.join(job.directory, name) for name in ("cwd", "seen"))
    script = action_script(job, SCRIPT.format(place=place, seen=seen))
    job.start()
    job.remember()
    job.new_images()
    if not job.run_criu("dump", ["-t", str(job.pid), "--link-remap", *script]):
        raise Failed("the dump succeeded although it was killed")
    with open(seen, encoding="ascii") as file:
        if file.read().strip() != "3":
            raise Failed("there were not three links when the dump was killed")
    job.children.until(lambda: not links(place), job.limit, "links are left by a dump that was killed")
    job.compare("after a dump that was killed")
    job.cycle()
    job.stop()
