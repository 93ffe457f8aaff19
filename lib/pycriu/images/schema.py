# SPDX-License-Identifier: LGPL-2.1-only
"""Message classes for image files.

The schema calls file names strings, but a file name is bytes: one that is no UTF-8 would be lost. So these classes
come from a pool of their own, in which every string is bytes; the encoding of both is the same.
"""

import functools
import importlib
import pkgutil

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

STRING = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES

# (message, field) of what the schema calls a string
STRINGS = set()


def _files():
    package = importlib.import_module(__package__)
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.endswith("_pb2"):
            file = descriptor_pb2.FileDescriptorProto()
            importlib.import_module(f"{__package__}.{module.name}").DESCRIPTOR.CopyToProto(file)
            yield file


def _strings_to_bytes(message):
    for field in message.field:
        if field.type == STRING:
            STRINGS.add((message.name, field.name))
            field.type = BYTES


@functools.lru_cache(maxsize=None)
def _pool():
    files = {file.name: file for file in _files()}
    pool = descriptor_pool.DescriptorPool()

    def add(file):
        for name in file.dependency:
            if name in files:
                add(files.pop(name))
        for message in file.message_type:
            _strings_to_bytes(message)
        pool.Add(file)

    while files:
        add(files.popitem()[1])
    return pool


@functools.lru_cache(maxsize=None)
def message_class(name):
    """The class of the message with this name."""
    descriptor = _pool().FindMessageTypeByName(name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(_pool()).GetPrototype(descriptor)
