# SPDX-License-Identifier: GPL-2.0-only
"""The life of a test with a criu that misbehaves: every fault of it must be seen. Needs root and the programs."""

import os
import tempfile
import unittest

from runner import catalogue, pool
from runner.conditions import FLAVOURS

# $1 is the verb; the pid follows -t, the directory -D.
PRELUDE = """#!/bin/bash
verb=$1
while [ $# -gt 0 ]; do
  case $1 in -t) pid=$2 ;; -D) images=$2 ;; --leave-running) running=yes ;; esac
  shift
done
"""


@unittest.skipIf(os.geteuid() or not os.path.exists(os.path.join(catalogue.build_dir(), "test/zdtm/static/process/single")),
                 "needs root and make zdtm-programs")
class Life(unittest.TestCase):
    """One program, many kinds of criu."""

    def run_with(self, script, name="process/single", **settings):
        """The outcome of a test with this body of a criu."""
        with tempfile.TemporaryDirectory() as scratch:
            os.chmod(scratch, 0o755)
            criu = os.path.join(scratch, "criu")
            with open(criu, "w", encoding="ascii") as file:
                file.write(PRELUDE + script)
            os.chmod(criu, 0o755)
            os.environ["CRIU"] = criu
            self.addCleanup(os.environ.pop, "CRIU", None)
            test = catalogue.all_tests([name])[0]
            settings = {"scratch": scratch, "limit": 3, "iterations": 1, "leave_running": False, **settings}
            return pool.run_one(test, FLAVOURS["host"], settings)

    def expect(self, outcome, text):
        """It failed, and says so."""
        self.assertEqual(outcome.result, "failed", outcome.message)
        self.assertIn(text, outcome.message)

    def test_without_criu(self):
        self.assertEqual(self.run_with("exit 99", no_dump=True).result, "passed")

    def test_dump_fails(self):
        self.expect(self.run_with("exit 1"), "criu dump failed with 1")

    def test_dump_leaves_the_tree(self):
        self.expect(self.run_with("exit 0"), "still there after the dump")

    def test_dump_is_killed(self):
        self.expect(self.run_with("kill -SEGV $$"), "killed by SIGSEGV")

    def test_dump_hangs(self):
        self.expect(self.run_with("exec sleep 1000"), "did not end within 3 s")

    def test_dump_without_statistics(self):
        self.expect(self.run_with("kill -9 $pid"), "stats-dump")

    def test_leave_running_kills(self):
        outcome = self.run_with('[ -z "$running" ] || kill -9 $pid', leave_running=True)
        self.expect(outcome, "after a dump with --leave-running")

    def test_leave_running_changes_a_name(self):
        outcome = self.run_with('echo -n changed > /proc/$pid/comm; prlimit --pid $pid --nofile=100:100', leave_running=True)
        self.expect(outcome, "limits")

    def test_process_is_left(self):
        outcome = self.run_with('[ -n "$running" ] && { (setsid -f sleep 1000); exit 0; }; kill -9 $pid',
                                leave_running=True)
        self.expect(outcome, "sleep")

    def test_refusal_that_succeeds(self):
        self.expect(self.run_with("exit 0", "refuse/io-uring-registered"), "succeeded where it had to fail")

    def test_refusal_without_reason(self):
        script = "echo 'Error (a.c:1): fd 3 of 4: no idea' > $images/dump.log; exit 1"
        self.expect(self.run_with(script, "refuse/tasks"), "does not name: namespace; lock")

    def test_refusal_with_reasons(self):
        script = "echo 'Error (a.c:1): seccomp, Namespace, file lock' > $images/dump.log; exit 1"
        self.assertEqual(self.run_with(script, "refuse/tasks").result, "passed")

    def test_failed_dump_with_inventory(self):
        script = "echo 'Error (a.c:1): seccomp, namespace, lock' > $images/dump.log; touch $images/inventory.img; exit 1"
        self.expect(self.run_with(script, "refuse/tasks"), "left an inventory")


if __name__ == "__main__":
    unittest.main()
