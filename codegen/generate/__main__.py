"""``python -m codegen.generate``."""

from __future__ import annotations

import sys

from codegen.generate.generation import main

sys.exit(main())
