"""``python -m convolens``: the command line."""

import sys

from convolens.cli.main import main

sys.exit(main())
