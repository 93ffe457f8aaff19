# SPDX-License-Identifier: GPL-2.0-only
"""Action scripts, which criu calls at its stages: some of them kill it there."""

import os

from .job import Failed

KILLER = """#!/bin/sh
[ "$CRTOOLS_SCRIPT_ACTION" = {stage} ] || exit 0
kill -KILL $PPID
"""


def action_script(job, text, name="script"):
    """Write it beside the images; the words that criu gets."""
    path = os.path.join(job.directory, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(path, 0o755)
    return ["--action-script", path]


def killer(job, stage):
    """Kills criu when it comes to that stage."""
    return action_script(job, KILLER.format(stage=stage), f"kill-at-{stage}")


def dump_breaks(job, *words):
    """A dump that is killed, or fails, somewhere."""
    job.new_images()
    if not job.run_criu("dump", ["-t", str(job.pid), *job.test.dump_options, *words]):
        raise Failed(f"criu dump {' '.join(words)} succeeds")


def dump_is_killed(job, stage):
    """One dump that its own script kills."""
    dump_breaks(job, *killer(job, stage))
