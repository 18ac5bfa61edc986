"""Which data flow works from top to bottom today, and bites tomorrow? Diagnostics MNB242-MNB250."""
