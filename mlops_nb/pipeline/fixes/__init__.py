"""How are findings mended by a machine? `proposals` has a function for each code that can be.

What is proposed here is proved by whoever makes it: the changed notebook is checked again.
"""
