"""Write the sample incidents: `python tests/generate_samples.py [DIR]` (default: the checked-in `sample_logs/`)."""

import sys
from pathlib import Path

from samples import write_samples

if __name__ == "__main__":
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "sample_logs"
    for path in write_samples(root):
        text = path.read_text()
        print(f"{len(text.splitlines()):6} lines {len(text.encode()):8} bytes  {path}")
