# SPDX-License-Identifier: GPL-2.0-only
"""Images as they could come from others: decoded by crit, changed, encoded again."""

import json
import os

from . import images
from .job import Failed


def crit(job, verb, source, target):
    """Decode or encode one file."""
    if job.children.run([*images.crit_command(), verb, "-i", source, "-o", target], job.limit):
        raise Failed(f"crit {verb} {source} fails")


def decode(job, name):
    """The content of an image of the last dump."""
    path = os.path.join(job.images, name)
    crit(job, "decode", path, path + ".json")
    with open(path + ".json", encoding="utf-8") as file:
        content = json.load(file)
    os.unlink(path + ".json")
    return content


def change(job, name, edit):
    """Rewrite an image with @edit applied to its only record."""
    path = os.path.join(job.images, name)
    content = decode(job, name)
    edit(content["entries"][0])
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump(content, file)
    crit(job, "encode", path + ".json", path)
    os.unlink(path + ".json")
