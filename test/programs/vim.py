# SPDX-License-Identifier: GPL-2.0-only
"""vim in a terminal that a program of the tree holds: it draws the same screen as before, goes on in the middle of a command
and writes the text that was never on a disk."""

import os
import shutil

from runner.emulator import Terminal
from runner.job import Failed, Skipped


def run(job):
    """Type, interrupt, compare the screens, type on."""
    if not shutil.which("vim"):
        raise Skipped("vim is not installed")
    terminal = Terminal(job, ["vim", "-u", "NONE", "-N", "text"])
    terminal.wait_for("~")
    terminal.type(":set ruler number\r")
    terminal.type("ifirst line\rsecond line\rthird line\x1b")
    terminal.wait_for("third line")
    terminal.type(":vsplit\r")
    terminal.type("gg")
    terminal.redraw()
    job.wait_for(lambda: terminal.screen().count("third line") == 2, "both windows")
    before = terminal.screen()
    terminal.type("d")
    job.wait_for(lambda: not os.path.exists(os.path.join(terminal.directory, "type")), "the key is taken")
    job.interrupt()
    terminal.type("d")
    job.wait_for(lambda: "first line" not in terminal.screen(), "the command goes on")
    terminal.type("u")
    terminal.wait_for("first line")
    terminal.type(":\x1b")
    terminal.redraw()
    job.wait_for(lambda: terminal.screen().count("third line") == 2, "the screen is drawn again")
    after = terminal.screen()
    if [line.split()[:3] for line in before.split("\n")[:22]] != [line.split()[:3] for line in after.split("\n")[:22]]:
        raise Failed(f"another screen:\n{before}\n---\n{after}")
    terminal.type(":wqa\r")
    job.expect_exit(0)
    with open(os.path.join(terminal.directory, "text"), encoding="ascii") as file:
        text = file.read()
    if text != "first line\nsecond line\nthird line\n":
        raise Failed(f"the text is '{text}'")
