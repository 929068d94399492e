"""Called as the SDK, and slow as it is on a cold disk: what a stop in the middle of the import is tried with."""

import os
import time
from pathlib import Path

Path(os.environ["SLOW_SDK_BEGUN"]).touch()
time.sleep(60)
