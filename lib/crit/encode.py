# SPDX-License-Identifier: LGPL-2.1-only
"""turn JSON into an image file"""

import json

from pycriu import images

from .files import read_input, write_output


def add_arguments(parser):
    parser.add_argument("-i", "--in", dest="input", metavar="FILE", help="JSON file (standard input)")
    parser.add_argument("-o", "--out", dest="output", metavar="FILE", help="image file (standard output)")


def run(options):
    try:
        image = json.loads(read_input(options.input))
    except (ValueError, RecursionError) as error:
        raise images.ImageError(f"no JSON: {error}") from error
    write_output(options.output, images.dumps(image))
