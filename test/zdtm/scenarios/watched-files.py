# SPDX-License-Identifier: GPL-2.0-only
"""Watched files are searched for below --irmap-scan-path alone; at the restore a file that has moved is found by its
handle, one that was made anew by its name, and one that is gone is named."""

import os

from runner.job import Failed

PROGRAM = "static/inotify/places"


def run(job):
    """Searched for where it is not, then where it is; moved, and away."""
    job.start()
    scratch = os.path.join(job.directory, "cwd")
    os.mkdir(os.path.join(scratch, "empty"))
    job.remember()
    job.dump_fails("--force-irmap", "--irmap-scan-path", os.path.join(scratch, "empty"))
    job.expect_reasons(["watch 1", "no name was found", "--irmap-scan-path"])
    job.dump("--force-irmap", "--irmap-scan-path", os.path.join(scratch, "empty"),
             "--irmap-scan-path", os.path.join(scratch, "watched"))
    entry = next(entry for entry in job.read_image("files.img")["entries"] if "ify" in entry)["ify"]
    if entry["wd"][0]["f_handle"].get("path") != os.path.join(scratch, "watched"):
        raise Failed(f"the path is not in the record: {entry}")
    moved = os.path.join(scratch, "moved")
    os.rename(os.path.join(scratch, "watched"), moved)
    job.restore()
    job.dump()
    os.rmdir(moved)
    job.restore_fails(["watch 1", "no file with its handle", moved])
    os.mkdir(moved)
    job.restore()
    os.rename(moved, os.path.join(scratch, "watched"))
    job.stop()
