# SPDX-License-Identifier: GPL-2.0-only
"""Head comments and patterns."""

import unittest

from runner import catalogue
from runner.catalogue import BadTest, Test, head_comment, matches, parse_head

SOURCE = """// SPDX-License-Identifier: GPL-2.0-only
/* Pipes keep their contents,
 * also between tasks.
 *
 * options: --shell-job
 * dump-options: --ghost-limit '1 M'
 * flavours: host ns
 * refuses: socket; event fd
 * pages-at-most: 12
 * skip-if: no-avx not-x86
 */
#include "test.h" /* options: none of these */
"""


class HeadComment(unittest.TestCase):
    """What the comment at the head of a program says."""

    def test_settings_and_summary(self):
        test = parse_head(Test("t"), head_comment(SOURCE))
        self.assertEqual(test.summary, "Pipes keep their contents, also between tasks.")
        self.assertEqual(test.dump_options, ["--shell-job", "--ghost-limit", "1 M"])
        self.assertEqual(test.restore_options, ["--shell-job"])
        self.assertEqual(test.flavours, ["host", "ns"])
        self.assertEqual(test.refuses, ["socket", "event fd"])
        self.assertEqual(test.pages_at_most, 12)
        self.assertEqual(test.skip_if, ["no-avx", "not-x86"])

    def test_nothing_is_evaluated(self):
        test = parse_head(Test("t"), ["Text.", "", "options: $(id) `id` __import__('os')"])
        self.assertEqual(test.dump_options, ["$(id)", "`id`", "__import__(os)"])

    def test_unknown_session(self):
        with self.assertRaises(BadTest):
            parse_head(Test("t"), ["Text.", "", "session: elsewhere"])

    def test_misspelt_setting(self):
        with self.assertRaises(BadTest):
            parse_head(Test("t"), ["Pipes keep their contents.", "", "flavors: host"])

    def test_without_comment(self):
        self.assertEqual(head_comment("int main;"), [])

    def test_every_program_parses(self):
        tests = catalogue.all_tests(["*"])
        self.assertGreater(len(tests), 60)
        self.assertEqual([test.name for test in tests if not test.summary], [])
        self.assertEqual(len({test.name for test in tests}), len(tests))


class Patterns(unittest.TestCase):
    """Which names a pattern picks."""

    def test_file_subject_and_whole_name(self):
        for pattern in ("contents", "pipe", "pipe/contents", "cont*", "pipe/*", "*"):
            self.assertTrue(matches("pipe/contents", [pattern]), pattern)
        for pattern in ("content", "pip", "contents/pipe"):
            self.assertFalse(matches("pipe/contents", [pattern]), pattern)


if __name__ == "__main__":
    unittest.main()
