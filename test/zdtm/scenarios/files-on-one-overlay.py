# SPDX-License-Identifier: GPL-2.0-only
"""Files of an overlay both layers of which are on one file system."""

import os

from runner.mounts import fill, mount, overlay

PROGRAM = "static/file/on-mounts"


def run(job):
    """As in a container: layers below one directory."""
    layers = os.path.join(job.directory, "layers")
    os.makedirs(layers)
    mount("none", layers, "tmpfs")
    fill(os.path.join(layers, "lower"), ["old", "gone", "written"])
    overlay(job, os.path.join(layers, "lower"), os.path.join(layers, "upper"))
    job.start()
    for _ in range(2):
        job.cycle()
    job.stop()
