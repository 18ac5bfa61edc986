"""What holds for every test: laws are checked without a clock, since machines are noisy; a closed
terminal ends processes, also where the tests were started to outlive theirs."""

import signal

from hypothesis import settings

signal.signal(signal.SIGHUP, signal.SIG_DFL)

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
