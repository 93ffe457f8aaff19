# SPDX-License-Identifier: LGPL-2.1-only
"""Python side of criu: pycriu.images reads and writes image files."""

from . import images

__all__ = ["images"]
