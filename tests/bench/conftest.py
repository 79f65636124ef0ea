"""The benchmarks are run from the checkout and not installed: the tests find them there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
