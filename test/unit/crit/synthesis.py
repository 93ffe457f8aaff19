# SPDX-License-Identifier: GPL-2.0-only
"""Makes images of every kind with random but valid contents, without the code under test where bytes are laid out."""

import random
import struct

from pycriu.images import kinds, schema

FIRST_WORDS = {"COMMON": 0x54564319, "SERVICE": 0x55105940, "BARE": None}
TEXTS = (b"", b"a", "ä/ö ü".encode(), b"two\nlines\t", b"\xff\xfe no utf-8", b'"quoted" \\ <x>')
BITS = {"uint32": 32, "int32": 31, "uint64": 64, "int64": 63, "sint32": 31, "sint64": 63, "fixed64": 64}
DEPTH = 3


def _number(rng, field):
    name = next(n[5:].lower() for n in dir(field) if n.startswith("TYPE_") and getattr(field, n) == field.type)
    bits = BITS[name]
    value = rng.choice((0, 1, 127, 128, (1 << bits) - 1, rng.getrandbits(bits)))
    return -value if bits % 2 and rng.random() < 0.3 else value


def _value(rng, field, texts):
    if field.type == field.TYPE_ENUM:
        return rng.choice(field.enum_type.values).number
    if field.type == field.TYPE_BOOL:
        return rng.random() < 0.5
    if field.type == field.TYPE_BYTES:
        if (field.containing_type.name, field.name) in schema.STRINGS:
            return rng.choice(texts)
        return rng.randbytes(rng.choice((0, 1, 3, 57, 58, 200)))
    return _number(rng, field)


def _fill_field(rng, message, field, texts, depth):
    if field.label == field.LABEL_REPEATED:
        for _ in range(rng.choice((0, 1, 3))):
            if field.type == field.TYPE_MESSAGE:
                fill(rng, getattr(message, field.name).add(), texts, depth + 1)
            else:
                getattr(message, field.name).append(_value(rng, field, texts))
    elif field.type == field.TYPE_MESSAGE:
        getattr(message, field.name).SetInParent()
        fill(rng, getattr(message, field.name), texts, depth + 1)
    else:
        setattr(message, field.name, _value(rng, field, texts))


def fill(rng, message, texts, depth=0):
    """All required fields, and some of the others."""
    for field in message.DESCRIPTOR.fields:
        if field.label != field.LABEL_REQUIRED and (depth > DEPTH or rng.random() < 0.4):
            continue
        _fill_field(rng, message, field, texts, depth)
    return message


def _record(message):
    data = message.SerializeToString(deterministic=True)
    return struct.pack("<I", len(data)) + data


def _pad(data, to):
    return data + bytes(-len(data) % to)


def _sized(rng, message, *fields):
    data = b""
    for field in fields:
        setattr(message, field, rng.choice((0, 1, 100, 5000)))
        data += rng.randbytes(getattr(message, field))
    return data


def _segment(rng, message):
    message.size = rng.choice((0, 1, 10))
    return b"" if message.in_pagemaps else _pad(rng.randbytes(message.size), 4)


def _semaphores(rng, message):
    message.nsems = rng.choice((0, 1, 3, 4, 5))
    return _pad(struct.pack(f"<{message.nsems}H", *(rng.getrandbits(16) for _ in range(message.nsems))), 8)


def _messages(rng, message):
    message.qnum = rng.choice((0, 1, 3))
    data = b""
    for size in (rng.choice((0, 1, 8, 13)) for _ in range(message.qnum)):
        head = schema.message_class("ipc_msg")(mtype=rng.getrandbits(64), msize=size)
        data += _record(head) + _pad(rng.randbytes(size), 8)
    return data


EXTRA = {
    "PIPES_DATA": lambda rng, m: _sized(rng, m, "bytes"),
    "FIFO_DATA": lambda rng, m: _sized(rng, m, "bytes"),
    "SK_QUEUES": lambda rng, m: _sized(rng, m, "length"),
    "BPFMAP_DATA": lambda rng, m: _sized(rng, m, "keys_bytes", "values_bytes"),
    "TCP_STREAM": lambda rng, m: _sized(rng, m, "inq_len", "outq_len"),
    "IPCNS_SHM": _segment,
    "IPCNS_SEM": _semaphores,
    "IPCNS_MSG": _messages,
}


def _ghost(rng, texts):
    head = fill(rng, schema.message_class("ghost_file_entry")(), texts)
    head.chunks = rng.random() < 0.5
    if not head.chunks:
        return _record(head) + rng.randbytes(rng.choice((0, 1, 5000)))
    data = _record(head)
    for offset in range(rng.choice((0, 1, 3))):
        size = rng.choice((0, 1, 4096))
        chunk = schema.message_class("ghost_chunk_entry")(len=size, off=offset << 20)
        data += _record(chunk) + rng.randbytes(size)
    return data


def _records(rng, kind, texts):
    if kind.kind == "GHOST_FILE":
        return _ghost(rng, texts)
    count = 1 if kind.count == "ONE" else rng.choice((0, 1, 4))
    data = b""
    for i in range(count):
        message = fill(rng, schema.message_class(kind.message if i else kind.head)(), texts)
        extra = EXTRA.get(kind.name, lambda rng, m: b"")(rng, message)
        data += _record(message) + extra
    return data


def head(kind):
    """First word and magic."""
    words = [word for word in (FIRST_WORDS[kind.framing], kind.magic) if word is not None]
    return struct.pack(f"<{len(words)}I", *words)


def image(kind, seed, texts=TEXTS):
    """The bytes of an image of this kind."""
    return head(kind) + _records(random.Random(f"{kind.kind} {seed}"), kind, texts)


def framed_kinds():
    """The kinds that have records."""
    return [kind for kind in kinds.ALL if kind.framing != "RAW"]
