"""`python -m core.cli`, where the `emoscope` command is not on the path."""

import sys

from core.cli.main import main

sys.exit(main())
