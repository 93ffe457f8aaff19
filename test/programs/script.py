# SPDX-License-Identifier: GPL-2.0-only
"""A script(1) session: it goes on to record what is typed and shown."""

import os
import shutil

from runner.emulator import Terminal
from runner.job import Failed, Skipped


def run(job):
    """Type a line in two halves."""
    if not shutil.which("script"):
        raise Skipped("script is not installed")
    terminal = Terminal(job, ["script", "-q", "-f", "-c", "bash --norc --noprofile -i", "session"])
    terminal.wait_for("bash-")
    terminal.type("echo half")
    terminal.wait_for("echo half")
    job.interrupt()
    terminal.type("-way\r")
    terminal.wait_for("\nhalf-way")
    terminal.type("exit\r")
    job.expect_exit(0)
    with open(os.path.join(terminal.directory, "session"), encoding="utf-8", errors="replace") as file:
        if "\nhalf-way" not in file.read():
            raise Failed("script has recorded nothing")
