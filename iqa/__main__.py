"""`python -m iqa`: the command line."""

from __future__ import annotations

import sys

from iqa.cli.main import main

sys.exit(main())
