# SPDX-License-Identifier: LGPL-2.1-only
"""print the kind of an image file and how many entries it has"""

import os

from pycriu import images

from .files import read_input, to_json, write_output


def add_arguments(parser):
    parser.add_argument("input", metavar="FILE", help="image file")


def run(options):
    try:
        result = images.info(read_input(options.input))
    except images.ImageError as error:
        error.file = f"'{os.path.basename(options.input)}'"
        raise
    write_output(None, to_json(result, True))
