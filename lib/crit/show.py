# SPDX-License-Identifier: LGPL-2.1-only
"""print an image file in the pretty form"""

from .files import load_image, to_json, write_output


def add_arguments(parser):
    parser.add_argument("input", metavar="FILE", help="image file")
    parser.add_argument("--nopl", action="store_true", help="only the size of what follows the records")


def run(options):
    write_output(None, to_json(load_image(options.input, True, options.nopl), True))
