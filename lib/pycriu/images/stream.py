# SPDX-License-Identifier: LGPL-2.1-only
"""Words, bytes and records in an image file; no length is trusted."""

import struct
import warnings

from google.protobuf.message import DecodeError

from .errors import ImageError, ImageWarning
from .schema import message_class


class Reader:
    """Takes the bytes of an image from front to back."""

    def __init__(self, data):
        self.data = memoryview(data)
        self.at = 0

    def left(self):
        return len(self.data) - self.at

    def bytes(self, size):
        if size > self.left():
            raise ImageError(f"{size} bytes expected at offset {self.at}, {self.left()} are left")
        self.at += size
        return bytes(self.data[self.at - size:self.at])

    def padded(self, size, to):
        """Bytes that are filled up to a multiple."""
        return self.bytes((size + to - 1) // to * to)[:size]

    def word(self):
        return struct.unpack("<I", self.bytes(4))[0]

    def record(self, name):
        at = self.at
        message = message_class(name)()
        data = self.bytes(self.word())
        try:
            message.MergeFromString(data)
        except DecodeError as error:
            raise ImageError(f"no {name} at offset {at}: {error}") from error
        if not message.IsInitialized():
            missing = ", ".join(message.FindInitializationErrors())
            raise ImageError(f"{name} at offset {at} lacks {missing}")
        _discard_unknown(message, at)
        return message


def _discard_unknown(message, at):
    """Dictionaries have no place for fields that the schema does not name."""
    size = message.ByteSize()
    message.DiscardUnknownFields()
    if message.ByteSize() != size:
        name = message.DESCRIPTOR.name
        warnings.warn(f"{name} at offset {at} has fields unknown here; they are left out", ImageWarning, 2)


class Writer:
    """Puts an image together."""

    def __init__(self):
        self.parts = []

    def bytes(self, data):
        self.parts.append(data)

    def padded(self, data, to):
        self.parts.append(data + bytes(-len(data) % to))

    def word(self, value):
        self.parts.append(struct.pack("<I", value))

    def record(self, message):
        data = message.SerializeToString(deterministic=True)
        self.word(len(data))
        self.parts.append(data)

    def data(self):
        return b"".join(self.parts)
