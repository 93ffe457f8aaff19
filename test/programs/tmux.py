# SPDX-License-Identifier: GPL-2.0-only
"""A tmux server with vim in one pane and a build in another: who attaches after the restore sees the screen that was there,
types on in vim, and the build goes on to its end."""

import os
import shutil

from runner.emulator import Terminal
from runner.job import Failed, Skipped

CONFIGURATION = """
set -g status-right ''
set -g automatic-rename off
set -g escape-time 0
set -g history-limit 5000
"""
# Each ten objects wait for a word of the test.
MAKEFILE = """
SHELL = /bin/bash
.RECIPEPREFIX = >
all: $(patsubst %,%.o,$(shell seq 0 39))
>@cat $^ | wc -l
%.o:
>@until [ -e may-$$(($* / 10)) ]; do sleep 0.02; done
>@echo compiling $*
>@echo object $* > $@
"""


class Client(Terminal):
    """One that attaches, from outside of the tree, in a directory of its own."""

    def __init__(self, job, number):  # pylint: disable=super-init-not-called  # that one is the job itself
        self.job, self.directory = job, os.path.join(job.directory, f"client-{number}")
        os.mkdir(self.directory)
        self.pid = job.children.spawn(self.command(["tmux", "-u", "-S", "../cwd/tmux.socket", "attach"]), cwd=self.directory,
                                      output=os.path.join(self.directory, "log"))

    def detach(self):
        """Go away, as a user does."""
        self.type("\x02d")
        if self.job.children.wait(self.pid, self.job.limit):
            raise Failed("the client ends with an error")


def tmux(job, *words):
    """A command to the server."""
    return job.children.run(["tmux", "-S", "tmux.socket", *words], job.limit, cwd=os.path.join(job.directory, "cwd"),
                            output=os.path.join(job.directory, "commands-of-tmux.log"))


def history(job, number):
    """All that the pane of the build has ever shown."""
    path = os.path.join(job.directory, "cwd", f"history-{number}")
    if tmux(job, "capture-pane", "-t", "work.1", "-S", "-", "-b", "it") or tmux(job, "save-buffer", "-b", "it", path):
        raise Failed("the server does not tell what a pane shows")
    with open(path, encoding="utf-8") as file:
        return file.read()


def start(job):
    """The server, in the foreground, and its panes."""
    scratch = os.path.join(job.directory, "cwd")
    os.makedirs(scratch)
    for name, text in (("tmux.conf", CONFIGURATION), ("Makefile", MAKEFILE)):
        with open(os.path.join(scratch, name), "w", encoding="ascii") as file:
            file.write(text)
    job.launch(["env", "-u", "TMUX", "LC_ALL=C.UTF-8", "SHELL=/bin/sh", f"HOME={scratch}", "tmux", "-D", "-f", "tmux.conf",
                "-S", "tmux.socket"])
    job.wait_for(lambda: os.path.exists(os.path.join(scratch, "tmux.socket")) and not tmux(
        job, "new-session", "-d", "-s", "work", "-x", "80", "-y", "24", "vim -u NONE -N text"), "the server takes commands")
    if tmux(job, "split-window", "-h", "-t", "work", "make; exec cat") or tmux(job, "select-pane", "-t", "work.0"):
        raise Failed("no second pane")
    return scratch


def let(scratch, number):
    """Ten more objects may be made."""
    with open(os.path.join(scratch, f"may-{number}"), "w", encoding="ascii"):
        pass


def run(job):
    """Attach, look, detach, interrupt, attach again, compare; three times."""
    if not shutil.which("tmux") or not shutil.which("vim"):
        raise Skipped("no tmux or no vim here")
    scratch = start(job)
    client = Client(job, 0)
    client.wait_for("~")
    for number in range(3):
        let(scratch, number)
        client.wait_for(f"compiling {10 * number + 9}")
        client.type(f"oline {number} of text\x1b")
        job.wait_for(lambda c=client, n=number: f"line {n} of text" in c.screen() and "INSERT" not in c.screen(), "vim draws")
        before, past = client.screen(), history(job, number)
        client.detach()
        job.interrupt()
        client = Client(job, number + 1)
        job.wait_for(lambda c=client, b=before: c.screen() == b, f"the same screen as before the dump:\n{before}\n")
        if history(job, number) != past:
            raise Failed("a pane has another history")
    let(scratch, 3)
    client.wait_for("compiling 39")
    client.type(":wq\r")
    # It clears the screen before it ends; what is typed then is lost.
    job.wait_for(lambda: tmux(job, "capture-pane", "-t", "work.1", "-b", "none"), "vim ends, and its pane")
    client.type("typed into cat\r")
    job.wait_for(lambda: client.screen().count("typed into cat") == 2, "the other pane has the keyboard")
    client.detach()
    with open(os.path.join(scratch, "text"), encoding="ascii") as file:
        if file.read() != "\nline 0 of text\nline 1 of text\nline 2 of text\n":
            raise Failed("vim wrote another text")
    tmux(job, "kill-server")
    job.expect_exit()
