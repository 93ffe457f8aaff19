# SPDX-License-Identifier: GPL-2.0-only
"""Files of an overlay whose layers are two file systems, so that the numbers of its devices and inodes are made up."""

import os

from runner.mounts import fill, mount, overlay

PROGRAM = "static/file/on-mounts"


def run(job):
    """The old files are in a layer in memory, the new ones beside the test."""
    lower = os.path.join(job.directory, "lower")
    os.makedirs(lower)
    mount("none", lower, "tmpfs")
    fill(lower, ["old", "gone", "written"])
    overlay(job, lower, os.path.join(job.directory, "upper"))
    job.start()
    for _ in range(2):
        job.cycle()
    job.stop()
