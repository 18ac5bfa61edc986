"""Where do paths part and meet? States and local names at the points in between."""

from __future__ import annotations

from mlops_nb.pipeline.flow.effects import Bound, State, merge_states
from mlops_nb.pipeline.flow.frames import Frame
from mlops_nb.pipeline.flow.machine import Machine
from mlops_nb.pipeline.flow.values import Value


class Fork:
    """Two or more paths from one point: the state and the local names of the frame that parts."""

    def __init__(self, m: Machine, frame: Frame) -> None:
        self.m, self.frame = m, frame
        self.state = m.state.fork()
        self.names = dict(frame.names) if frame.kind != "module" else {}
        self.ends: list[tuple[State, dict[str, Value]]] = []

    def restart(self) -> None:
        """Go back to the point where the paths part."""
        self.m.go_to(self.state.fork())
        if self.frame.kind != "module":
            self.frame.names = dict(self.names)

    def end(self) -> None:
        """Keep where the present path ends."""
        self.ends.append((self.m.state.fork(), dict(self.frame.names)))

    def end_at(self, state: State, names: dict[str, Value]) -> None:
        """Keep an end that was noted elsewhere."""
        self.ends.append((state, names))

    def join(self, partly: Bound = Bound.BRANCH) -> bool:
        """Continue where all ended paths meet; return False if there are none."""
        if not self.ends:
            return False
        state, names = self.ends[0]
        for other, other_names in self.ends[1:]:
            state = merge_states(state, other, partly=partly)
            names = merge_names(names, other_names)
        self.m.go_to(state)
        if self.frame.kind != "module":
            self.frame.names = names
        return True


def merge_names(first: dict[str, Value], second: dict[str, Value]) -> dict[str, Value]:
    merged = dict(first)
    for name, value in second.items():
        known = merged.get(name)
        merged[name] = value if known is None else known.union(value)
    return merged
