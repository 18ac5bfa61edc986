"""What must run again, and why? Verifying traces over facts: pure, for every door the same."""
