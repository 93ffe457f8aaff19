# SPDX-License-Identifier: GPL-2.0-only
"""A tree that stands frozen in a freezer cgroup (version 1) is dumped, and stands frozen again afterwards."""

from runner.freezer import dump_frozen

PROGRAM = "static/process/children"


def run(job):
    """Version 1."""
    dump_frozen(job, 1)
