# SPDX-License-Identifier: GPL-2.0-only
"""Lines, counts and exit code of the report."""

import io
import unittest

from runner.pool import Outcome
from runner.report import Report


class Counting(unittest.TestCase):
    """The last line and the exit code."""

    def run_report(self, must_run=False):
        """A report of one outcome of each kind."""
        output = io.StringIO()
        report = Report(must_run, output)
        report.add(Outcome("a/b", "passed"))
        report.add(Outcome("c/d", "skipped", "no AVX"))
        report.add(Outcome("e/f", "failed", "first\nsecond"))
        return report.finish(), output.getvalue().splitlines()

    def test_lines(self):
        code, lines = self.run_report()
        self.assertEqual(code, 1)
        self.assertEqual(lines[-1], "1 passed, 1 failed, 1 skipped")
        self.assertIn("ok 2 - c/d # SKIP no AVX", lines)
        self.assertIn("#   second", lines)

    def test_must_run(self):
        _, lines = self.run_report(must_run=True)
        self.assertEqual(lines[-1], "1 passed, 2 failed, 0 skipped")

    def test_all_well(self):
        report = Report(output=io.StringIO())
        report.add(Outcome("a/b", "passed"))
        self.assertEqual(report.finish(), 0)


if __name__ == "__main__":
    unittest.main()
