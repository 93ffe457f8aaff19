# SPDX-License-Identifier: LGPL-2.1-only
"""The table of subcommands."""

import argparse
import os
import sys
import warnings

from pycriu.images import ImageError

from . import decode, encode, info, show, x

SUBCOMMANDS = (decode, encode, info, show, x)


def build_parser():
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(prog="crit", description="Looks into image files of criu, and changes them.")
    parser.add_argument("--version", action="version", version="Version: 5.0")
    subparsers = parser.add_subparsers(dest="subcommand", metavar="SUBCOMMAND", required=True)
    for module in SUBCOMMANDS:
        name = module.__name__.rpartition(".")[2]
        summary = module.__doc__.strip().splitlines()[0]
        subparser = subparsers.add_parser(name, help=summary, description=summary)
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)
    return parser


def _show_warning(message, *_arguments):
    print(f"crit: warning: {message}", file=sys.stderr)


def main(arguments=None):
    """Exit code: 0, 1 after an error, 2 for a wrong command line."""
    warnings.showwarning = _show_warning
    options = build_parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough; nothing is left to be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ImageError as error:
        print(f"crit: {getattr(error, 'file', None) or options.subcommand}: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"crit: {error.strerror}: '{error.filename}'", file=sys.stderr)
        return 1
    return 0
