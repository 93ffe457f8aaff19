# SPDX-License-Identifier: GPL-2.0-only
"""One test from its start to its verdict: the steps which the plain life of a test and the scenarios are made of."""

import json
import os
import shutil
import signal

from . import images, snapshot
from .catalogue import build_dir
from .children import TimeLimit

SETTLE = 3.0


class Failed(Exception):
    """The test (or criu) did something wrong."""


class Skipped(Exception):
    """The test says it cannot run here."""


def skip_with_cpu_flag(flag):
    """Skips where the processor has what a test takes for missing (qemu's has much that is not sold any more)."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        if flag in info.read().split():
            raise Skipped(f"this processor has {flag}, which the test takes for missing")


class Job:
    """A running test: its program, its directory, its criu."""

    def __init__(self, test, settings, directory, children):
        self.test, self.settings, self.directory, self.children = test, settings, directory, children
        self.criu = os.environ.get("CRIU") or os.path.join(build_dir(), "criu/criu")
        self.limit = float(settings.get("limit", 30))
        self.settle = SETTLE * settings.get("slower", 1)
        self.pid, self.dumps, self.images, self.before, self.notes = 0, 0, None, None, []
        self.outfile = os.path.join(directory, "outfile")
        self.attached = test.session == "terminal"
        self.outside = set()  # processes that the test started beside the tree, and that stay

    # The program

    def start(self):
        """Start the program; its pid is known when its state is set up."""
        scratch = os.path.join(self.directory, "cwd")
        os.makedirs(scratch, exist_ok=True)
        pidfile = os.path.join(self.directory, "pidfile")
        argv = [self.test.program, "--pidfile", pidfile, "--outfile", self.outfile]
        if self.attached:
            pid = self.children.spawn(argv + ["--attached"], cwd=scratch)
            self.children.until(lambda: os.path.exists(pidfile) or pid in self.children.ended, self.limit,
                                "the program does not get ready")
            status = self.children.ended.get(pid, 0)
        else:
            status = self.children.run(argv, self.limit, cwd=scratch, output=os.path.join(self.directory, "starter.log"))
        self.judge(status)
        with open(pidfile, encoding="ascii") as file:
            self.pid = int(file.read())

    def launch(self, argv):
        """Start a program that knows nothing of tests, as leader of its own session, in its own directory."""
        scratch = os.path.join(self.directory, "cwd")
        os.makedirs(scratch, exist_ok=True)
        with open(os.devnull, "rb") as null:
            self.pid = self.children.spawn(argv, cwd=scratch, output=self.outfile, stdin=null.fileno(), session=True)
        return scratch

    def interrupt(self):
        """Dump and restore what was launched, unless the run is without criu. The first time it also runs on after a dump,
        and is dumped again right after it was restored."""
        if self.settings.get("no_dump"):
            return
        first = not self.dumps
        if first and self.settings.get("leave_running", True):
            self.dump("--leave-running")
        for _ in range(max(self.iterations(), 2 if first else 1)):
            self.dump()
            self.check_images()
            self.restore()

    def wait_for(self, condition, what):
        """Wait until a launched program has got somewhere; its early end is a failure."""
        def reached():
            if self.pid in self.children.ended:
                raise Failed(f"the program ended with {self.children.ended[self.pid]} before: {what}")
            return condition()

        try:
            self.children.until(reached, self.limit, "")
        except TimeLimit:
            raise Failed(f"not within {self.limit:g} s: {what}") from None

    def expect_exit(self, code=0):
        """The launched program ends by itself with this code."""
        try:
            status = self.children.wait(self.pid, self.limit)
        except TimeLimit:
            raise Failed(f"the program does not end within {self.limit:g} s") from None
        if status != code:
            raise Failed(f"the program ended with {status} instead of {code}")

    def judge(self, status, when=""):
        """Turn the exit code of the program into a verdict."""
        if status == 77:
            raise Skipped(self.last_line("SKIP: "))
        if status:
            what = f"ended with exit code {status}" if status > 0 else f"was killed by {signal.Signals(-status).name}"
            raise Failed(" ".join(filter(None, (when, f"the program {what}: {self.last_line('FAIL: ')}"))))

    def last_line(self, prefix):
        """What the program said."""
        try:
            with open(self.outfile, encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file]
        except OSError:
            return "it said nothing"
        said = [line for line in lines if line.startswith(prefix)]
        return said[0][len(prefix):] if said else (lines or ["it said nothing"])[-1]

    def stop(self):
        """Tell the program to check itself; its verdict counts."""
        os.kill(self.pid, signal.SIGTERM)
        self.finish()

    def finish(self):
        """Wait for the end of the program and judge it."""
        try:
            status = self.children.wait(self.pid, self.limit)
        except TimeLimit:
            raise Failed(f"the program did not end within {self.limit:g} s after SIGTERM") from None
        self.judge(status)
        with open(self.outfile, encoding="utf-8", errors="replace") as file:
            if not any(line.strip() == "PASS" for line in file):
                raise Failed("the program exited with 0 but did not say PASS")

    def look(self):
        """State of the tree now; also the one that later states are compared with."""
        return snapshot.take(self.pid)

    def remember(self):
        """Keep the state of the tree to be compared with."""
        self.before = self.look()

    def compare(self, when, ignore=(), other_kernel=False):
        """The tree is what it was, but for what is the kernel's if so; restarted calls and settling threads get a moment."""
        found = []

        def same():
            states = self.before, self.look()
            if other_kernel:
                states = snapshot.without_kernel(*states)
            found[:] = snapshot.differences(*states, set(ignore) | set(self.test.not_compared))
            return not found

        try:
            self.children.until(same, self.settle, "")
        except TimeLimit:
            if self.pid in self.children.ended:
                self.judge(self.children.ended[self.pid], when)
            raise Failed(f"{when} {len(found)} things differ:\n  " + "\n  ".join(found[:20])) from None

    # criu

    def new_images(self):
        """A fresh directory for the next dump."""
        self.dumps += 1
        self.images = os.path.join(self.directory, f"images-{self.dumps}")
        os.makedirs(self.images)
        return self.images

    def run_criu(self, verb, words, keep=(), limit=None):
        """Run criu in the images directory, with its log beside the images. Returns the exit code."""
        argv = [self.criu, verb, "-D", self.images, "-o", f"{verb}.log", "-v4", *words]
        with open(os.path.join(self.directory, "commands"), "a", encoding="utf-8") as file:
            file.write(" ".join(argv) + "\n")
        status = self.children.run(argv, limit or self.limit, cwd=self.images, keep=keep,
                                   output=os.path.join(self.images, f"{verb}.out"))
        if status < 0:
            raise Failed(f"criu {verb} was killed by {signal.Signals(-status).name}")
        return status

    def dump(self, *words, again=False):
        """Dump; fails the test unless criu succeeds. Without further words the tree must be gone after it."""
        if not again:
            self.new_images()
        status = self.run_criu("dump", ["-t", str(self.pid), *self.test.dump_options, *words])
        if status:
            raise Failed(f"criu dump failed with {status}")
        if not {"--leave-running", "-R", "--leave-stopped", "-s"} & set(words):
            self.expect_gone()

    def dump_fails(self, *words):
        """A dump that must fail, leaving the tree as it was and no image directory that looks complete."""
        self.new_images()
        if not self.run_criu("dump", ["-t", str(self.pid), *self.test.dump_options, *words]):
            raise Failed("criu dump succeeded where it had to fail")
        if os.path.exists(os.path.join(self.images, "inventory.img")):
            raise Failed("a failed dump left an inventory, so its images look complete")
        self.compare("after a failed dump")

    def expect_gone(self):
        """None of the tasks that were dumped is left, nor anybody else but those outside; zombies are collected."""
        try:
            self.children.until(lambda: not snapshot.others(self.outside) and not os.path.exists(f"/proc/{self.pid}"),
                                self.settle, "")
        except TimeLimit:
            left = ", ".join(f"{pid} ({name})" for pid, name in snapshot.others(self.outside).items())
            raise Failed(f"still there after the dump: {left}") from None
        self.children.ended.pop(self.pid, None)

    def restore(self, *words, detached=True):
        """Restore; detached unless told otherwise. The tree must have its root's pid again."""
        pidfile = os.path.join(self.images, "restored.pid")
        if os.path.exists(pidfile):
            os.unlink(pidfile)
        words = (["-d"] if detached else []) + ["--pidfile", pidfile, *self.test.restore_options, *words]
        status = self.run_criu("restore", words)
        if status:
            raise Failed(f"criu restore failed with {status}")
        with open(pidfile, encoding="ascii") as file:
            text = file.read()
        if text != str(self.pid):
            raise Failed(f"the pidfile of restore says '{text}', not {self.pid}")

    def check_images(self):
        """Format, round trip and statistics of the last dump."""
        try:
            images.check_statistics(self.images, self.test.pages_at_most)
            notes = [images.check_format(self.images, self.children, self.limit)]
            if self.settings.get("round_trip", True):
                notes.append(images.check_round_trip(self.images, self.children, 2 * self.limit))
        except (images.BadImages, OSError) as error:
            raise Failed(f"images: {error}") from None
        self.notes += [note for note in notes if note and note not in self.notes]

    def expect_reasons(self, reasons):
        """The log of a refused dump names every one of these."""
        with open(os.path.join(self.images, "dump.log"), encoding="utf-8", errors="replace") as file:
            errors = [line.lower() for line in file if "error" in line.lower()]
        missing = [reason for reason in reasons if not any(reason.lower() in line for line in errors)]
        if missing:
            raise Failed(f"criu dump does not name: {'; '.join(missing)}")

    def read_image(self, name):
        """The entries of an image, as crit decodes them."""
        path = os.path.join(self.images, name)
        if self.children.run([*images.crit_command(), "decode", "-i", path, "-o", path + ".json"], self.limit):
            raise Failed(f"crit decode {name} fails")
        with open(path + ".json", encoding="utf-8") as file:
            content = json.load(file)
        os.unlink(path + ".json")
        return content

    def edit_image(self, name, edit, which=0):
        """Write an image anew with edit(its first, or another entry) applied. Returns what it was, for write_image."""
        path, content = os.path.join(self.images, name), self.read_image(name)
        with open(path, "rb") as file:
            before = file.read()
        edit(content["entries"][which])
        with open(path + ".json", "w", encoding="utf-8") as file:
            json.dump(content, file)
        if self.children.run([*images.crit_command(), "encode", "-i", path + ".json", "-o", path], self.limit):
            raise Failed(f"crit encode {name} fails")
        os.unlink(path + ".json")
        return before

    def write_image(self, name, content):
        """Put an image back."""
        with open(os.path.join(self.images, name), "wb") as file:
            file.write(content)

    def restore_fails(self, reasons, *words):
        """A restore that must fail, name each reason and leave nothing."""
        if not self.run_criu("restore", ["-d", *self.test.restore_options, *words]):
            raise Failed("criu restore succeeded where it had to fail")
        with open(os.path.join(self.images, "restore.log"), encoding="utf-8", errors="replace") as file:
            errors = "".join(line for line in file if "Error" in line)
        missing = [reason for reason in reasons if reason not in errors]
        if missing:
            raise Failed(f"criu restore does not name: {'; '.join(missing)}")
        self.children.reap()
        if snapshot.others(self.outside):
            raise Failed(f"a refused restore left {snapshot.others(self.outside)}")

    # The plain life of a test

    def iterations(self):
        """How many dumps and restores in a row: what the test or the caller wants, whichever is more."""
        return max(self.settings.get("iterations", 1), self.test.iterations)

    def cycle(self):
        """One dump, one restore, the same tree before and after."""
        self.remember()
        self.dump()
        self.check_images()
        self.restore()
        self.compare("after the restore")

    def live(self):
        """What happens to a program that asks for nothing special."""
        self.start()
        if self.settings.get("no_dump"):
            return self.stop()
        if self.test.refuses:
            self.remember()
            self.dump_fails()
            self.expect_reasons(self.test.refuses)
            return self.stop()
        if self.settings.get("leave_running", True) and self.test.left_running:
            self.remember()
            self.dump("--leave-running")
            self.compare("after a dump with --leave-running")
        for _ in range(self.iterations()):
            self.cycle()
        return self.stop()

    def tidy(self):
        """Remove what a passed test leaves."""
        shutil.rmtree(self.directory, ignore_errors=True)
