# SPDX-License-Identifier: GPL-2.0-only
"""Runs programs which are checkpointed in mid-flight and then check themselves."""
