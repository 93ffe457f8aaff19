# SPDX-License-Identifier: GPL-2.0-only
"""Plugins that are too new, have unknown hooks, or cannot be loaded at all end the dump before anything is done; older
ones, with fewer hooks or without a descriptor, work."""

import os

from runner import plugins

PROGRAM = "static/process/single"


def refused(job, words, text):
    """A dump that fails by this reason."""
    job.dump_fails(*words)
    plugins.expect_log(job, "dump", text)


def run(job):
    """All sorts of plugins."""
    job.start()
    job.remember()
    broken = os.path.join(job.directory, "broken")
    os.makedirs(broken)
    with open(os.path.join(broken, "broken.so"), "w", encoding="ascii") as file:
        file.write("no shared object")
    refused(job, plugins.libdir("newer"), "is of version 0x201, newer than 0x200")
    refused(job, plugins.libdir("more-hooks"), "hooks, 15 are known")
    refused(job, ["--libdir", broken], "broken.so' cannot be loaded")
    job.dump(*plugins.libdir("fewer-hooks"), "--leave-running")
    words = plugins.libdir("old-style")
    job.dump(*words)
    plugins.expect_calls(job, ["init", "pause", "fini"])
    job.restore(*words)
    plugins.expect_calls(job, ["init", "forked", "fini"])
    job.compare("after the restore")
    job.stop()
