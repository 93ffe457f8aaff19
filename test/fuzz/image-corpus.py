#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Seeds for fuzz-image: image-corpus.py DIR (with build/lib in PYTHONPATH) writes an image of every kind there."""

import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../unit/crit"))

import synthesis  # noqa: E402
from pycriu.images import kinds  # noqa: E402

SEEDS = 3


def main():
    directory = sys.argv[1]
    os.makedirs(directory, exist_ok=True)
    for kind in synthesis.framed_kinds():
        for seed in range(SEEDS):
            name = f"{kind.kind.lower()}-{seed}"
            with open(os.path.join(directory, name), "wb") as file:
                file.write(bytes([kinds.ALL.index(kind)]) + synthesis.image(kind, seed))


if __name__ == "__main__":
    main()
