# SPDX-License-Identifier: GPL-2.0-only
"""--display-stats prints on stdout what the statistics files hold."""

import os

from runner import images
from runner.job import Failed

PROGRAM = "static/memory/private-anonymous"


def output(job, verb):
    """What criu printed."""
    with open(os.path.join(job.images, f"{verb}.out"), encoding="utf-8", errors="replace") as file:
        return file.read()


def run(job):
    """Dump and restore with statistics."""
    job.start()
    job.remember()
    job.dump("--display-stats")
    text = output(job, "dump")
    pages = images.dump_stats(job.images)["pages_written"]
    if "Displaying dump stats:" not in text or "Freezing time:" not in text:
        raise Failed(f"dump --display-stats prints: {text!r}")
    if f"{pages}" not in text:
        raise Failed(f"dump --display-stats does not tell the {pages} pages of the statistics file: {text!r}")
    job.restore("--display-stats")
    text = output(job, "restore")
    if "Displaying restore stats:" not in text:
        raise Failed(f"restore --display-stats prints: {text!r}")
    if not os.path.exists(os.path.join(job.images, "stats-restore")):
        raise Failed("restore writes no stats-restore")
    job.compare("after the restore")
    job.stop()
