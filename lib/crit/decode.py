# SPDX-License-Identifier: LGPL-2.1-only
"""turn an image file into JSON"""

from .files import load_image, to_json, write_output


def add_arguments(parser):
    parser.add_argument("-i", "--in", dest="input", metavar="FILE", help="image file (standard input)")
    parser.add_argument("-o", "--out", dest="output", metavar="FILE", help="JSON file (standard output)")
    parser.add_argument(
        "--pretty", action="store_true", help="indented, with flags, addresses and devices as text"
    )


def run(options):
    image = load_image(options.input, options.pretty)
    write_output(options.output, to_json(image, options.pretty))
