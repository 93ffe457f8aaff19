# SPDX-License-Identifier: LGPL-2.1-only
"""explore an image directory: its processes, descriptors, mappings or pages"""

from .explore import fds, mems, ps, rss
from .explore.checkpoint import Checkpoint

VIEWS = {"ps": ps, "fds": fds, "mems": mems, "rss": rss}


def add_arguments(parser):
    parser.add_argument("directory", metavar="DIR", help="image directory")
    views = ", ".join(f"{name}: {module.__doc__}" for name, module in VIEWS.items())
    parser.add_argument("view", choices=VIEWS, help=views)


def run(options):
    VIEWS[options.view].show(Checkpoint(options.directory))
