# SPDX-License-Identifier: GPL-2.0-only
"""A plugin that takes nothing: the mapping is refused before anything is touched, and the tree goes on."""

from runner import plugins

PROGRAM = "static/refuse/performance-counter"


def run(job):
    """Dump with a plugin whose hooks say no."""
    job.start()
    plugins.need_device_mapping(job)
    job.remember()
    job.dump_fails(*plugins.libdir("declines"))
    job.expect_reasons(["no plugin takes", "perf_event"])
    job.stop()
