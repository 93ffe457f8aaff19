# SPDX-License-Identifier: GPL-2.0-only
"""One line per test as it ends, the reasons of skips, the tails of the logs of a failure, and the count."""

import glob
import os
import sys

TAIL = 25
MOST = 8  # errors


def tail(path, lines=TAIL):
    """The last lines of a file, or all."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return [line.rstrip("\n") for line in file][-lines if lines else None:]
    except OSError:
        return []


def log_files(directory):
    """What to show of a failed test, in the order of its life."""
    found = [os.path.join(directory, name) for name in ("worker.log", "outfile")]
    last = sorted(glob.glob(os.path.join(directory, "images-*")), key=lambda path: int(path.rsplit("-", 1)[1]))[-1:]
    for images in last:
        found += [os.path.join(images, name) for name in
                  ("dump.log", "dump.out", "restore.log", "restore.out", "format-check.log", "round-trip.log")]
    return [path for path in found if os.path.exists(path) and os.path.getsize(path)]


def errors(directory):
    """What criu says that went wrong, in the logs that log_files() names."""
    return [line for path in log_files(directory) if path.endswith(".log") for line in tail(path, None)
            if "Error" in line]


class Report:
    """Counts outcomes and prints them."""

    def __init__(self, must_run=False, output=sys.stdout):
        self.must_run, self.output = must_run, output
        self.outcomes = []

    def line(self, text):
        """One line of output, at once."""
        print(text, file=self.output, flush=True)

    def add(self, outcome):
        """Take one outcome and print its line."""
        if outcome.result == "skipped" and self.must_run:
            outcome.result, outcome.message = "failed", f"skipped, but MUST_RUN is set: {outcome.message}"
        self.outcomes.append(outcome)
        number, name = len(self.outcomes), outcome.name
        if outcome.result == "passed":
            self.line(f"ok {number} - {name} # {outcome.seconds:.1f} s")
        elif outcome.result == "skipped":
            self.line(f"ok {number} - {name} # SKIP {outcome.message}")
        else:
            self.line(f"not ok {number} - {name} # {outcome.seconds:.1f} s")
            self.failure(outcome)

    def failure(self, outcome):
        """Why a test failed, with the ends of its logs."""
        for line in outcome.message.splitlines():
            self.line(f"#   {line}")
        if not outcome.directory:
            return
        for line in errors(outcome.directory)[:MOST]:
            self.line(f"#   {line}")
        for path in log_files(outcome.directory):
            self.line(f"#   --- {os.path.relpath(path, outcome.directory)}")
            for line in tail(path):
                self.line(f"#   | {line}")
        self.line(f"#   kept: {outcome.directory}")

    def count(self, result):
        """How many ended so."""
        return sum(outcome.result == result for outcome in self.outcomes)

    def finish(self):
        """The summary; returns the exit code."""
        notes = sorted({note for outcome in self.outcomes for note in outcome.notes})
        for note in notes:
            self.line(f"# note: {note}")
        failed = [outcome.name for outcome in self.outcomes if outcome.result == "failed"]
        if failed:
            self.line(f"# failed: {' '.join(sorted(failed))}")
        self.line(f"{self.count('passed')} passed, {len(failed)} failed, {self.count('skipped')} skipped")
        return 1 if failed else 0
