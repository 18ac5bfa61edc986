"""Which conditions must a model meet, and how are they written? The gate language (DESIGN 8).

`gate` holds what a gate says, `parsing` the one parser, `metrics` the metrics with a direction.
Whether a gate holds is decided in `registry`.
"""
