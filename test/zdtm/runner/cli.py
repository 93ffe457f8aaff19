# SPDX-License-Identifier: GPL-2.0-only
"""The command line of the runner."""

import argparse
import os
import sys

from . import catalogue, pool, report
from .conditions import FLAVOURS

EXAMPLES = """examples:
  run                           every test, in every flavour it names
  run 'pipe*'                   tests whose program, subject or full name fits
  run --no-dump                 only start, stop and self-check of the programs
  run -i 3 --keep memory/*      three dumps and restores in a row, keep the directories
  run --fault-steps process/tree    fail each step of a dump and of a restore in turn
"""


def parser():
    """The options."""
    options = argparse.ArgumentParser(prog="run", description="Checkpoint and restore test programs in mid-flight.",
                                      epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("tests", nargs="*", default=["*"], metavar="PATTERN", help="which tests (all)")
    options.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), help="how many at the same time")
    options.add_argument("-i", "--iterations", type=int, default=1, help="dump and restore this often in a row")
    options.add_argument("-f", "--flavours", default="", metavar="NAMES",
                         help="flavours by comma: host, ns, uns (those that criu supports)")
    options.add_argument("-l", "--list", action="store_true", help="list the tests and what they check")
    options.add_argument("-k", "--keep", action="store_true", help="keep the directories of passed tests too")
    options.add_argument("--no-dump", action="store_true", help="run the programs without criu")
    options.add_argument("--no-leave-running", action="store_true", help="leave out the dump with --leave-running")
    options.add_argument("--no-round-trip", action="store_true", help="leave out crit's round trip of the images")
    options.add_argument("--fault-steps", action="store_true", help="fail each step by name in turn")
    options.add_argument("--limit", type=float, default=30, help="seconds that one step may take")
    options.add_argument("--slower", type=float, default=1, metavar="N", help="all time limits times N")
    options.add_argument("--scratch", default=os.environ.get("ZDTM_SCRATCH"), help="where tests work")
    return options


def chosen_flavours(names):
    """The flavours named, or all that are supported."""
    if not names:
        return [name for name, flavour in FLAVOURS.items() if not flavour.unsupported]
    unknown = [name for name in names.split(",") if name not in FLAVOURS]
    if unknown:
        raise SystemExit(f"Error: no flavour is called '{unknown[0]}'")
    return names.split(",")


def main(argv=None):
    """Run what was asked for; exit code 0 if nothing failed, 2 if nothing fits."""
    words = parser().parse_args(argv)
    try:
        tests = catalogue.all_tests(words.tests)
    except catalogue.BadTest as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    if not tests:
        print(f"Error: no test fits '{' '.join(words.tests)}'", file=sys.stderr)
        return 2
    if words.list:
        for test in tests:
            print(f"{test.name:40} {test.summary}")
        return 0
    if os.geteuid():
        print("Error: the tests need root", file=sys.stderr)
        return 2
    if words.no_dump:
        tests = [test for test in tests if not test.name.startswith("scenario/")]
    if words.fault_steps:
        tests = [test for test in tests if not test.scenario and not test.refuses]
    flavours = chosen_flavours(words.flavours)
    settings = {"iterations": words.iterations, "no_dump": words.no_dump, "keep": words.keep, "limit": words.limit * words.slower,
                "leave_running": not words.no_leave_running, "round_trip": not words.no_round_trip,
                "fault_steps": words.fault_steps, "slower": words.slower,
                "scratch": words.scratch or os.path.join(catalogue.build_dir(), "zdtm-run")}
    result = report.Report(must_run=os.environ.get("MUST_RUN") == "1")
    for name in FLAVOURS if not words.flavours else ():
        if FLAVOURS[name].unsupported:
            wanted = sum(name in test.flavours for test in tests)
            result.line(f"# flavour {name} is left out for {wanted} tests: {FLAVOURS[name].unsupported}")
    for outcome in pool.run_all(tests, flavours, settings, max(1, words.jobs)):
        result.add(outcome)
    return result.finish()
