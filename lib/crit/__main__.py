# SPDX-License-Identifier: LGPL-2.1-only
"""python3 -m crit"""

import sys

from .main import main

sys.exit(main())
