# SPDX-License-Identifier: GPL-2.0-only
"""Threads that stand frozen in a freezer cgroup (version 1) are dumped, and stand frozen again afterwards."""

from runner.freezer import dump_frozen

PROGRAM = "static/thread/masks-and-names"


def run(job):
    """Version 1."""
    dump_frozen(job, 1)
