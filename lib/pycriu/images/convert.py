# SPDX-License-Identifier: LGPL-2.1-only
"""Messages to dictionaries and back."""

import base64
import binascii

from . import schema
from .errors import ImageError
from .forms import FORMS, HEX


def bytes_to_text(value):
    """Base64 in lines of 76 characters."""
    return base64.encodebytes(value).decode("ascii")


def text_to_bytes(text):
    """What bytes_to_text() was given."""
    if not isinstance(text, str):
        raise ImageError(f"base64 text expected, not {text!r}")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError(f"no base64: {error}") from error


def _is_repeated(field):
    return field.label == field.LABEL_REPEATED


def _form_of(field, inherited):
    return FORMS.get(field.containing_type.name, {}).get(field.name, inherited)


def _is_string(field):
    return (field.containing_type.name, field.name) in schema.STRINGS


def _value_to_text(field, value, form, pretty):
    if field.type == field.TYPE_MESSAGE:
        return message_to_dict(value, pretty, form)
    if field.type == field.TYPE_ENUM:
        return field.enum_type.values_by_number[value].name
    if field.type == field.TYPE_BOOL:
        return value
    if field.type == field.TYPE_BYTES:
        if _is_string(field):
            return value.decode("utf-8", "surrogateescape")
        return form.to_text(value) if hasattr(form, "always") else bytes_to_text(value)
    return form.to_text(value) if pretty and form else value


def _is_present(message, field):
    if _is_repeated(field):
        return len(getattr(message, field.name)) > 0
    return message.HasField(field.name)


def message_to_dict(message, pretty=False, inherited=None):
    """Fields that are present, in the order of the schema."""
    result = {}
    for field in message.DESCRIPTOR.fields:
        if not _is_present(message, field):
            continue
        value = getattr(message, field.name)
        form = _form_of(field, inherited)
        if hasattr(form, "whole_list"):
            value = form.to_text(value) if pretty else list(value)
        elif _is_repeated(field):
            value = [_value_to_text(field, element, form, pretty) for element in value]
        else:
            value = _value_to_text(field, value, form, pretty)
        result[field.name] = value
    return result


def _enum_from_text(field, text):
    if isinstance(text, int):
        return text
    if text not in field.enum_type.values_by_name:
        raise ImageError(f"{text!r} is no {field.enum_type.name}")
    return field.enum_type.values_by_name[text].number


def _value_from_text(field, text, form):
    if field.type == field.TYPE_ENUM:
        return _enum_from_text(field, text)
    if field.type == field.TYPE_BYTES:
        if _is_string(field):
            return text.encode("utf-8", "surrogateescape")
        return form.from_text(text) if hasattr(form, "always") else text_to_bytes(text)
    if isinstance(text, str) and field.type != field.TYPE_BOOL:
        return (form or HEX).from_text(text)
    return text


def _set_repeated(message, field, texts, form):
    values = getattr(message, field.name)
    if hasattr(form, "whole_list"):
        values.extend(form.from_text(texts))
        return
    for text in texts:
        if field.type == field.TYPE_MESSAGE:
            _fill(values.add(), text)
        else:
            values.append(_value_from_text(field, text, form))


def _set(message, name, text):
    field = message.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        raise ImageError(f"{message.DESCRIPTOR.name} has no field {name!r}")
    form = _form_of(field, None)
    try:
        if _is_repeated(field):
            _set_repeated(message, field, text, form)
        elif field.type == field.TYPE_MESSAGE:
            getattr(message, name).SetInParent()
            _fill(getattr(message, name), text)
        else:
            setattr(message, name, _value_from_text(field, text, form))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ImageError(f"{message.DESCRIPTOR.name}.{name} cannot be {text!r}: {error}") from error


def _fill(message, fields):
    if not isinstance(fields, dict):
        raise ImageError(f"{message.DESCRIPTOR.name} cannot be {fields!r}")
    for name, text in fields.items():
        _set(message, name, text)


def dict_to_message(name, fields):
    """The message with that name; both the plain and the pretty form of a value will do."""
    message = schema.message_class(name)()
    _fill(message, fields)
    if not message.IsInitialized():
        missing = ", ".join(message.FindInitializationErrors())
        raise ImageError(f"{name} lacks {missing}")
    return message
