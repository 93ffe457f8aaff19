# SPDX-License-Identifier: GPL-2.0-only
"""A plugin keeps a descriptor and a device mapping that criu refuses; without it the images are refused by its name."""

import os

from runner import plugins
from runner.job import Failed

PROGRAM = "static/refuse/performance-counter"


def run(job):
    """Dump and restore with the plugin, and try without."""
    words = plugins.libdir("counter")
    job.start()
    plugins.need_device_mapping(job)
    job.remember()
    job.dump(*words, "--leave-running")
    job.compare("after a dump with a plugin")
    job.dump(*words)
    if not [name for name in os.listdir(job.images) if name.startswith("counter-")]:
        raise Failed("the plugin wrote nothing into the image directory")
    job.check_images()
    plugins.restore_fails(job, [], "need the plugin 'counter_plugin', which is not loaded")
    plugins.restore_fails(job, plugins.libdir("devices"), "need the plugin 'counter_plugin', which is not loaded")
    plugins.calls(job)
    job.restore(*words)
    job.compare("after the restore")
    job.stop()
