# SPDX-License-Identifier: LGPL-2.1-only
"""Input and output of the subcommands."""

import json
import os
import sys

from pycriu import images


def read_input(path):
    """The bytes of a file, or of standard input for None."""
    if path is None:
        return sys.stdin.buffer.read()
    with open(path, "rb") as file:
        return file.read()


def write_output(path, data):
    """Writes the bytes to a file, or to standard output for None."""
    if path is None:
        sys.stdout.buffer.write(data)
        return
    with open(path, "wb") as file:
        file.write(data)


def load_image(path, pretty=False, no_payload=False):
    """The text form of an image file; errors tell its name."""
    try:
        return images.loads(read_input(path), pretty, no_payload)
    except images.ImageError as error:
        error.file = f"'{os.path.basename(path)}'" if path else None
        raise


def to_json(image, pretty):
    """JSON on one line, or indented."""
    return (json.dumps(image, indent=4 if pretty else None) + "\n").encode("ascii")
