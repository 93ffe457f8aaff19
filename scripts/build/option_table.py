# SPDX-License-Identifier: GPL-2.0-only
"""Reads criu/options/options.def: the rows as Python objects, for the man page and for checks."""

import os
import re

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
OPTIONS_DEF = os.path.join(ROOT, "criu", "options", "options.def")
ROW = re.compile(r"^(VERB|OPTION_GROUP|OPTION|OPTION_ALIAS|OPTION_ACTION)\(", re.M)
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
# Where the name stands among the arguments that are no columns.
NAME_AT = {"VERB": 1, "OPTION_GROUP": 0, "OPTION": 2, "OPTION_ALIAS": 2, "OPTION_ACTION": 0}


class Row:
    """One row: macro, name, and the columns that are said (texts without quotes, the rest as in the source)."""

    def __init__(self, macro, arguments):
        plain = [argument for argument in arguments if not argument.startswith(".")]
        self.macro = macro
        self.name = value_of(plain[NAME_AT[macro]])
        self.arguments = plain
        self.columns = {}
        for argument in arguments:
            if argument.startswith("."):
                column, value = argument[1:].split("=", 1)
                self.columns[column.strip()] = value_of(value.strip())

    def text(self, column):
        """A column that is text, "" if it is not said."""
        return self.columns.get(column, "")

    def is_true(self, column):
        """Whether a column says true."""
        return self.columns.get(column) == "true"

    def letter(self):
        """The short form without its dash, or ""."""
        return self.text("letter").strip("'")

    def is_missing(self):
        """Whether this build refuses it."""
        return self.text("support") == "OPTION_MISSING"


def value_of(text):
    """The value of C string literals (put together), other text unchanged."""
    parts = STRING.findall(text)
    return "".join(part.replace('\\"', '"') for part in parts) if parts else text.strip()


def split_arguments(text, start):
    """The arguments of the macro call whose parenthesis opens before start."""
    arguments, depth, begin, at = [], 0, start, start
    while True:
        literal = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)\'').match(text, at)
        if literal:
            at = literal.end()
            continue
        if text[at] == "(":
            depth += 1
        elif text[at] == ")" and depth:
            depth -= 1
        elif text[at] in ",)" and not depth:
            arguments.append(text[begin:at].strip())
            if text[at] == ")":
                return arguments
            begin = at + 1
        at += 1


def read_rows(path=OPTIONS_DEF):
    """All rows in their order."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    return [Row(match[1], split_arguments(text, match.end())) for match in ROW.finditer(text)]
