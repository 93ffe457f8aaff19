# SPDX-License-Identifier: LGPL-2.1-only
"""Kinds of image files, by magic, by the name in the text form and by file name."""

import collections
import os
import re

from .table import KINDS

Kind = collections.namedtuple("Kind", "kind name file_name magic framing count head message")

ALL = tuple(Kind(*row) for row in KINDS)
# Kinds that share a magic also share name, framing and messages.
BY_MAGIC = {kind.magic: kind for kind in reversed(ALL) if kind.magic}
BY_NAME = {kind.name: kind for kind in reversed(ALL) if kind.magic}


def _pattern(kind):
    text = re.escape(kind.file_name).replace("%lu", "[0-9]+").replace("%lx", "[0-9a-f]+")
    return re.compile(text)


_PATTERNS = [(_pattern(kind), kind) for kind in ALL]


def kind_of_name(path):
    """The kind of the image with this file name, or None."""
    name = os.path.basename(path)
    for pattern, kind in _PATTERNS:
        if pattern.fullmatch(name):
            return kind
    return None
