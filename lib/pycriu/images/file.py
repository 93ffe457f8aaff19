# SPDX-License-Identifier: LGPL-2.1-only
"""Whole image files: first word, magic, records and what follows them."""

from . import kinds
from .convert import dict_to_message, message_to_dict
from .errors import ImageError
from .payloads import PAYLOADS
from .stream import Reader, Writer

FIRST_WORDS = {"COMMON": 0x54564319, "SERVICE": 0x55105940}


def _read_kind(reader):
    """The kind of the image, and whether it has no first word though it should: an image of version 1."""
    word = reader.word()
    framing = next((name for name, first in FIRST_WORDS.items() if first == word), "BARE")
    magic = word if framing == "BARE" else reader.word()
    kind = kinds.BY_MAGIC.get(magic)
    if kind is None:
        raise ImageError(f"unknown magic {magic:#x}")
    if framing not in ("BARE", kind.framing):
        raise ImageError(f"first word {word:#x} does not go with {kind.name}")
    return kind, framing != kind.framing


def _no_payload(extra):
    if isinstance(extra, str):
        return f"... <{len(extra) * 3 // 4} bytes>"
    if isinstance(extra, dict):
        return {key: _no_payload(value) for key, value in extra.items()}
    return f"... <{len(extra)} elements>"


def _records(kind, reader):
    """Pairs of a message and the position behind it; payloads are to be taken before the next one."""
    name = kind.head
    while reader.left():
        yield reader.record(name)
        name = kind.message


def loads(data, pretty=False, no_payload=False):
    """The text form of an image."""
    reader = Reader(data)
    kind, old = _read_kind(reader)
    image = {"magic": kind.name, "entries": []}
    if old:
        image["img_version"] = 1
    payload = PAYLOADS.get(kind.name)
    for message in _records(kind, reader):
        entry = message_to_dict(message, pretty)
        extra = payload.read(reader, message, pretty) if payload else None
        if extra is not None:
            entry["extra"] = _no_payload(extra) if no_payload else extra
        image["entries"].append(entry)
    return image


def _write_magic(writer, kind, old):
    if kind.framing in FIRST_WORDS and not old:
        writer.word(FIRST_WORDS[kind.framing])
    writer.word(kind.magic)


def dumps(image):
    """The bytes of an image from its text form."""
    if not isinstance(image, dict) or "magic" not in image or "entries" not in image:
        raise ImageError("no image: 'magic' and 'entries' expected")
    kind = kinds.BY_NAME.get(image["magic"])
    if kind is None:
        raise ImageError(f"unknown kind of image {image['magic']!r}")
    writer = Writer()
    _write_magic(writer, kind, image.get("img_version") == 1)
    payload = PAYLOADS.get(kind.name)
    name = kind.head
    for entry in image["entries"]:
        fields = dict(entry)
        extra = fields.pop("extra", None) if payload else None
        message = dict_to_message(name, fields)
        writer.record(message)
        if payload:
            payload.write(writer, message, extra)
        name = kind.message
    return writer.data()


def info(data):
    """Kind and number of entries; of a pagemap, how many pages have their contents here."""
    image = loads(data.read() if hasattr(data, "read") else data, no_payload=True)
    result = {"magic": image["magic"], "count": len(image["entries"])}
    if image["magic"] == "PAGEMAP":
        result["count"] -= 1
        result["pages"] = sum(
            entry.get("nr_pages", entry["compat_nr_pages"]) for entry in image["entries"][1:]
        )
    return result


def load(file, pretty=False, no_payload=False):
    """loads() of an open binary file."""
    return loads(file.read(), pretty, no_payload)


def dump(image, file):
    """dumps() into an open binary file."""
    file.write(dumps(image))
