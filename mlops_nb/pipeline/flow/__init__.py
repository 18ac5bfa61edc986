"""What does a cell do to names? An abstract run of its code: scopes, aliases, calls."""
