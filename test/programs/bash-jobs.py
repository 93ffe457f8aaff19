# SPDX-License-Identifier: GPL-2.0-only
"""A shell with job control: a job in the background, one that stands, one in the
foreground; half a command on its line. ^C, ^Z, fg and the rest of the line do what they did."""

from runner.emulator import Terminal
from runner.job import Failed


def run(job):
    """Three jobs and half a line; then what a user does with them."""
    terminal = Terminal(job, ["bash", "--norc", "--noprofile", "-i"])
    terminal.wait_for("bash-")
    terminal.type("PS1='ready> '\r")
    terminal.wait_for("\nready>")
    terminal.type("sleep 1001 & sleep 1002\r")
    terminal.wait_for("[1]")
    terminal.type("\x1a")
    terminal.wait_for("[2]+  Stopped")
    terminal.type("echo half")
    terminal.wait_for("ready> echo half")
    job.interrupt()
    terminal.type("-way\r")
    terminal.wait_for("\nhalf-way")
    terminal.type("jobs\r")
    terminal.wait_for("Running")
    if "sleep 1001" not in terminal.screen():
        raise Failed(f"the jobs are\n{terminal.screen()}")
    terminal.type("fg\r")
    terminal.wait_for("\nsleep 1002\n")
    job.interrupt()
    terminal.type("\x03")
    terminal.wait_for("^C")
    terminal.type("echo status $?\r")
    terminal.wait_for("\nstatus 130")
    terminal.type("kill %1; wait %1; tty; exit 5\r")
    job.expect_exit(5)
