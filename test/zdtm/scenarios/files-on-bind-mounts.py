# SPDX-License-Identifier: GPL-2.0-only
"""Files below a bind mount of a directory, and one that is itself a bind mount of a file with another name."""

import os

from runner.mounts import MS_BIND, fill, mount

PROGRAM = "static/file/on-mounts"


def run(job):
    """A file under a second name is what a container has for its host name."""
    place, source = (os.path.join(job.directory, name) for name in ("cwd", "source"))
    fill(source, ["old", "gone", "written"])
    fill(os.path.join(job.directory, "elsewhere"), ["other"])
    os.makedirs(place)
    mount(source, place, flags=MS_BIND)
    other = os.path.join(job.directory, "elsewhere", "other")
    mount(other, os.path.join(place, "old"), flags=MS_BIND)
    job.start()
    for _ in range(2):
        job.cycle()
    job.stop()
