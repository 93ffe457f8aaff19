# SPDX-License-Identifier: GPL-2.0-only
"""htop in a terminal that a program of the tree holds: it goes on to draw, in a window of another size, too."""

import shutil

from runner.emulator import Terminal
from runner.job import Skipped


def run(job):
    """Interrupt it, ask for the whole screen, for the list in another order, and for the end."""
    if not shutil.which("htop"):
        raise Skipped("htop is not installed")
    terminal = Terminal(job, ["htop", "-d", "2", "--no-color"])
    terminal.wait_for("Load average")
    terminal.wait_for("F10")
    job.interrupt()
    terminal.redraw()
    for text in ("Load average", "PID", "htop", "F10"):
        terminal.wait_for(text)
    terminal.type("h")
    terminal.wait_for("Released under")
    terminal.type(" ")
    terminal.wait_for("Load average")
    terminal.type("q")
    job.expect_exit(0)
