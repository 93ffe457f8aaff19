# SPDX-License-Identifier: GPL-2.0-only
"""Which tests there are, and what their head comments say. The comments are parsed, never evaluated."""

import fnmatch
import glob
import importlib.util
import os
import re
import shlex
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
ZDTM = os.path.dirname(HERE)
ROOT = os.path.dirname(os.path.dirname(ZDTM))
KEYS = {"options", "dump-options", "restore-options", "flavours", "skip-if", "session", "refuses",
        "pages-at-most", "timeout", "not-compared", "kinds", "iterations", "left-running", "network"}


class BadTest(Exception):
    """A head comment that says something unknown."""


@dataclass
class Test:
    """One test: a program, or a scenario (Python) that uses a program."""
    name: str
    summary: str = ""
    program: str = ""
    scenario: str = ""
    dump_options: list = field(default_factory=list)
    restore_options: list = field(default_factory=list)
    flavours: list = field(default_factory=lambda: ["host"])
    skip_if: list = field(default_factory=list)
    session: str = "own"
    refuses: list = field(default_factory=list)
    pages_at_most: int = None
    timeout: float = 90.0
    not_compared: list = field(default_factory=list)
    kinds: list = field(default_factory=list)
    iterations: int = 1
    left_running: bool = True
    network: str = "host"

    def apply(self, key, value):
        """Take one 'key: value' line of a head comment."""
        if key == "options":
            self.dump_options += shlex.split(value)
            self.restore_options += shlex.split(value)
        elif key in ("dump-options", "restore-options"):
            getattr(self, key.replace("-", "_")).extend(shlex.split(value))
        elif key == "refuses":
            self.refuses += [word.strip() for word in value.split(";") if word.strip()]
        elif key == "flavours":
            self.flavours = value.split()
        elif key in ("skip-if", "not-compared", "kinds"):
            getattr(self, key.replace("-", "_")).extend(value.split())
        elif key == "session":
            if value not in ("own", "terminal"):
                raise BadTest(f"{self.name}: session '{value}' is neither own nor terminal")
            self.session = value
        elif key == "network":
            if value != "own":
                raise BadTest(f"{self.name}: network '{value}' is not own")
            self.network = value
        elif key == "pages-at-most":
            self.pages_at_most = int(value)
        elif key == "timeout":
            self.timeout = float(value)
        elif key == "iterations":
            self.iterations = int(value)
        elif key == "left-running":
            if value != "no":
                raise BadTest(f"{self.name}: left-running '{value}' is not no")
            self.left_running = False


def head_comment(text):
    """The lines of the first block comment of a C source, without their decoration."""
    found = re.search(r"/\*(.*?)\*/", text, re.S)
    if not found:
        return []
    return [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in found[1].splitlines()]


def parse_head(test, lines):
    """Fill a test from its head comment: a paragraph that tells what is checked, then lines of 'setting: value'."""
    prose, settings = [], []
    for line in lines:
        if not line:
            settings = settings or ([""] if prose else [])
        elif settings:
            settings.append(line)
        else:
            prose.append(line)
    for line in filter(None, settings):
        key, colon, value = line.partition(":")
        if not colon or key not in KEYS:
            raise BadTest(f"{test.name}: unknown setting '{line}'")
        test.apply(key, value.strip())
    test.summary = " ".join(prose)
    return test


def load_program(path):
    """The test of one C file; its binary lies at the same place under the build folder."""
    relative = os.path.relpath(path, ZDTM)[:-2]
    test = Test(name=relative.split("/", 1)[1] if relative.startswith("static/") else relative)
    test.program = os.path.join(build_dir(), "test/zdtm", relative)
    with open(path, encoding="utf-8") as source:
        return parse_head(test, head_comment(source.read()))


def load_module(path):
    """A scenario file as a module."""
    name = "scenario_" + os.path.basename(path)[:-3].replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_scenario(path):
    """The test of one scenario file: it names a program whose settings it takes over and may change."""
    module = load_module(path)
    test = load_program(os.path.join(ZDTM, module.PROGRAM + ".c"))
    test.name = "scenario/" + os.path.basename(path)[:-3]
    return scenario(test, path, module)


def load_real_program(path):
    """The test of one file of test/programs, which starts a program that knows nothing of this."""
    return scenario(Test(name="program/" + os.path.basename(path)[:-3]), path, load_module(path))


def scenario(test, path, module):
    """Fill in what the module says."""
    test.scenario = path
    test.flavours = ["host"]
    test.summary = " ".join(module.__doc__.split())
    for key, value in getattr(module, "SETTINGS", {}).items():
        test.apply(key, value)
    return test


def build_dir():
    """Where the Makefile puts binaries."""
    return os.path.abspath(os.environ.get("BUILD_DIR", os.path.join(ROOT, "build")))


def matches(name, patterns):
    """'pipe*' names a program by its file, its subject or its whole name."""
    words = {name, *name.split("/")}
    return any(fnmatch.fnmatchcase(word, pattern) for pattern in patterns for word in words)


def all_tests(patterns):
    """Every test that fits, in a steady order."""
    programs = sorted(glob.glob(os.path.join(ZDTM, "static/*/*.c")) + glob.glob(os.path.join(ZDTM, "transition/*.c")))
    tests = [load_program(path) for path in programs]
    tests += [load_scenario(path) for path in sorted(glob.glob(os.path.join(ZDTM, "scenarios/*.py")))]
    tests += [load_real_program(path) for path in sorted(glob.glob(os.path.join(ROOT, "test/programs/*.py")))]
    return [test for test in tests if matches(test.name, patterns)]
