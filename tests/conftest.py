"""What holds for all tests."""

from __future__ import annotations

import os
import signal

from hypothesis import settings

# CI decides whether a change lands, so it tries the same examples each time; at a desk each run tries new ones.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("desk", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

# A shell starts what runs behind it deaf to Ctrl-C, and so would be what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
