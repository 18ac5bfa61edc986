"""Where was a notebook when native code crashed? What Python's `faulthandler` wrote, made short.

It lists every frame of every thread, IPython's and ipykernel's too. A person wants those from the
crash up to the cell.
"""

from __future__ import annotations

import re

_BEGIN = re.compile(r"^Fatal Python error: (.+)$", re.MULTILINE)
_CURRENT = re.compile(r"^Current thread .*$", re.MULTILINE)
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+|\?\?\?) in (?P<name>.*)$')
_CELL_FILE = re.compile(r"ipykernel_\d+[/\\]\d+\.py$")
# Where the cell's frames end.
_RUNNER_FILE = re.compile(r"IPython[/\\]core[/\\]")


def read_crash(terminal: str) -> str:
    """Return a fatal error of Python's with the frames of the thread it happened in, latest first.

    Parameters
    ----------
    terminal : str
        What a kernel wrote to its terminal.

    Returns
    -------
    str
        A line for each frame below IPython's; empty if there is no such error.

    Examples
    --------
    >>> print(read_crash('''Fatal Python error: Segmentation fault
    ...
    ... Current thread 0x01 (most recent call first):
    ...   File "/usr/lib/python3.11/ctypes/__init__.py", line 519 in string_at
    ...   File "/tmp/ipykernel_7/1234.py", line 2 in <module>
    ...   File "/venv/IPython/core/interactiveshell.py", line 3823 in run_code
    ... '''))
    Fatal Python error: Segmentation fault (latest call first)
      File "/usr/lib/python3.11/ctypes/__init__.py", line 519, in string_at
      a cell, line 2, in <module>
    """
    begins = list(_BEGIN.finditer(terminal))
    if not begins:
        return ""
    told = [f"Fatal Python error: {begins[-1][1]} (latest call first)"]
    current = _CURRENT.search(terminal, begins[-1].end())
    for line in terminal[current.end() :].splitlines()[1:] if current else ():
        frame = _FRAME.match(line)
        if frame is None or _RUNNER_FILE.search(frame["file"]):
            break
        place = "a cell" if _CELL_FILE.search(frame["file"]) else f'File "{frame["file"]}"'
        told.append(f"  {place}, line {frame['line']}, in {frame['name']}")
    return "\n".join(told)
