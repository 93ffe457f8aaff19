# SPDX-License-Identifier: LGPL-2.1-only
"""The command crit; one module a subcommand."""
