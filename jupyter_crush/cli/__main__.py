"""``python -m jupyter_crush.cli``."""

import sys

from . import main

sys.exit(main())
