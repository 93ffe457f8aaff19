# SPDX-License-Identifier: LGPL-2.1-only
"""Bytes that follow a record in some kinds of images; the text form has them under the key "extra"."""

import struct

from .convert import bytes_to_text, dict_to_message, message_to_dict, text_to_bytes
from .errors import ImageError


class Payload:
    """One run of bytes, as long as some fields of the record say, in a multiple of `unit` bytes."""

    unit = 1

    def __init__(self, *fields):
        self.fields = fields

    def size(self, message):
        return sum(getattr(message, field) for field in self.fields)

    def read(self, reader, message, pretty):
        return bytes_to_text(reader.padded(self.size(message), self.unit))

    def write(self, writer, message, extra):
        data = text_to_bytes(extra or "")
        if len(data) != self.size(message):
            raise ImageError(f"{len(data)} extra bytes, but the record says {self.size(message)}")
        writer.padded(data, self.unit)


class Queues(Payload):
    """Receive queue and send queue of a TCP connection."""

    def read(self, reader, message, pretty):
        return {
            "inq": bytes_to_text(reader.bytes(message.inq_len)),
            "outq": bytes_to_text(reader.bytes(message.outq_len)),
        }

    def write(self, writer, message, extra):
        for key, size in (("inq", message.inq_len), ("outq", message.outq_len)):
            data = text_to_bytes((extra or {}).get(key, ""))
            if len(data) != size:
                raise ImageError(f"{len(data)} bytes in {key}, but the record says {size}")
            writer.bytes(data)


class Segment(Payload):
    """Contents of a SysV segment, unless they stand in a pagemap."""

    unit = 4

    def read(self, reader, message, pretty):
        return None if message.in_pagemaps else super().read(reader, message, pretty)

    def write(self, writer, message, extra):
        if not message.in_pagemaps:
            super().write(writer, message, extra)


class Semaphores(Payload):
    """Values of a semaphore set."""

    def read(self, reader, message, pretty):
        return list(struct.unpack(f"<{message.nsems}H", reader.padded(2 * message.nsems, 8)))

    def write(self, writer, message, extra):
        values = extra or []
        if len(values) != message.nsems:
            raise ImageError(f"{len(values)} semaphores, but the record says {message.nsems}")
        try:
            writer.padded(struct.pack(f"<{len(values)}H", *values), 8)
        except struct.error as error:
            raise ImageError(f"value of a semaphore: {error}") from error


class Messages(Payload):
    """A message queue: in turn a record and the text of a message."""

    def read(self, reader, message, pretty):
        extra = []
        for _ in range(message.qnum):
            head = reader.record("ipc_msg")
            extra.append(message_to_dict(head, pretty))
            extra.append(bytes_to_text(reader.padded(head.msize, 8)))
        return extra

    def write(self, writer, message, extra):
        extra = extra or []
        if len(extra) != 2 * message.qnum:
            raise ImageError(f"{len(extra) / 2:g} messages, but the record says {message.qnum}")
        for fields, text in zip(extra[::2], extra[1::2]):
            head = dict_to_message("ipc_msg", fields)
            data = text_to_bytes(text)
            if len(data) != head.msize:
                raise ImageError(f"{len(data)} bytes in a message, but its record says {head.msize}")
            writer.record(head)
            writer.padded(data, 8)


class Ghost(Payload):
    """Contents of an unlinked file: all that is left, or a run of bytes after each chunk record."""

    def read(self, reader, message, pretty):
        if message.DESCRIPTOR.name == "ghost_chunk_entry":
            return bytes_to_text(reader.bytes(message.len))
        if message.chunks or not reader.left():
            return None
        return bytes_to_text(reader.bytes(reader.left()))

    def write(self, writer, message, extra):
        data = text_to_bytes(extra or "")
        if message.DESCRIPTOR.name == "ghost_chunk_entry" and len(data) != message.len:
            raise ImageError(f"{len(data)} extra bytes, but the record says {message.len}")
        writer.bytes(data)


# name of the magic -> payload
PAYLOADS = {
    "PIPES_DATA": Payload("bytes"),
    "FIFO_DATA": Payload("bytes"),
    "SK_QUEUES": Payload("length"),
    "BPFMAP_DATA": Payload("keys_bytes", "values_bytes"),
    "TCP_STREAM": Queues(),
    "IPCNS_SHM": Segment("size"),
    "IPCNS_SEM": Semaphores(),
    "IPCNS_MSG": Messages(),
    "GHOST_FILE": Ghost(),
}
