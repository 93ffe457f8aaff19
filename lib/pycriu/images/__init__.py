# SPDX-License-Identifier: LGPL-2.1-only
"""Image files as Python data: {"magic": KIND, "entries": [{field: value, ...}, ...]}.

load() and loads() take the bytes of an image apart, dump() and dumps() put them together again; what has gone
through both is the same to the last byte. The modules *_pb2 hold the plain messages.
"""

from .errors import ImageError, ImageWarning
from .file import dump, dumps, info, load, loads
from .kinds import kind_of_name

__all__ = ["ImageError", "ImageWarning", "dump", "dumps", "info", "kind_of_name", "load", "loads"]
