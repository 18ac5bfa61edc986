"""What holds for every test: laws are checked without a clock, since machines are noisy."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
