# SPDX-License-Identifier: GPL-2.0-only
"""A shell with job control: a job in the background, one that stands, one in the
foreground; half a command on its line. ^C, ^Z, fg and the rest of the line do what they did."""

import glob

from runner.emulator import Terminal
from runner.job import Failed


def in_foreground(argument):
    """Does a process with this argument run in the foreground of its terminal? The shell says so before it is true."""
    for path in glob.glob("/proc/[0-9]*"):
        try:
            with open(f"{path}/cmdline", encoding="utf-8", errors="replace") as file:
                arguments = file.read().split("\0")
            with open(f"{path}/stat", encoding="utf-8", errors="replace") as file:
                state, _, group, _, _, foreground = file.read().rsplit(")", 1)[1].split()[:6]
        except OSError:
            continue
        if arguments[1:2] == [argument]:
            return group == foreground and state != "T"
    return False


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
    job.wait_for(lambda: in_foreground("1002"), "a job in the foreground")
    job.interrupt()
    terminal.type("\x03")
    terminal.wait_for("^C")
    terminal.type("echo status $?\r")
    terminal.wait_for("\nstatus 130")
    terminal.type("kill %1; wait %1; tty; exit 5\r")
    job.expect_exit(5)
