# SPDX-License-Identifier: LGPL-2.1-only
"""What this package raises and warns of."""


class ImageError(Exception):
    """An image, or its text form, is not what it should be."""


class ImageWarning(UserWarning):
    """Something in an image cannot be shown."""
