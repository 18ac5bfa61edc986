"""Headless runs that nobody waits for: started, followed, cancelled, found again."""
