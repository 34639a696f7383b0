"""`python -m logdebug.cli`: the command line, where no script was installed."""

from __future__ import annotations

import sys

from logdebug.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
