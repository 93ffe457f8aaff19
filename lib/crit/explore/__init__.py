# SPDX-License-Identifier: LGPL-2.1-only
"""Views of a whole image directory; one module a view."""
