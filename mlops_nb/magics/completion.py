"""What can come next in a directive? Stage names, options, variables, and nothing else."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from mlops_nb.pipeline.option_values import EVAL, NAME, NAMES, STAGES
from mlops_nb.pipeline.options import BY_FLAG, flags

_DIRECTIVE = re.compile(r"[ \t]*(?:%%mlops_stage|#[ \t]*mlops:[ \t]*stage)[ \t]+(?P<said>.*)")
_FRAGMENT = re.compile(r"[^\s,=]*$")
_ASSIGNED = re.compile(r"^(\w+)[ \t]*=(?!=)", re.MULTILINE)


def candidates(
    line: str, *, body: str, namespace: Mapping[str, Any], stages: Iterable[str]
) -> tuple[str, list[str]] | None:
    """Return the fragment before the cursor and what it can become, in order of likelihood.

    Parameters
    ----------
    line : str
        The line up to the cursor.
    body : str
        The rest of the cell: what it binds comes before what is bound already.
    namespace : Mapping
        The user's names.
    stages : iterable of str
        Known stage names.

    Returns
    -------
    tuple or None
        None if the line is no directive.
    """
    match = _DIRECTIVE.fullmatch(line)
    if match is None:
        return None
    said = match["said"]
    fragment = _fragment(said)
    words = said[: len(said) - len(fragment)].replace("=", " ").split()
    found: list[str]
    if not words:
        found = sorted(stages)
    elif fragment.startswith("-"):
        found = [flag for flag in flags() if flag not in words]
    else:
        flag = next((w for w in reversed(words) if w.startswith("-")), "")
        found = _values(flag, body=body, namespace=namespace, stages=stages)
        if not fragment:
            found += [flag for flag in flags() if flag not in words]
    return fragment, [text for text in found if text.startswith(fragment)]


def make_matcher(shell: Any, stages: Callable[[], Iterable[str]]) -> Callable[[Any], Any]:
    """Return an IPython matcher; alone on directive lines, silent elsewhere."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher()  # type: ignore[untyped-decorator,unused-ignore]
    def mlops_nb_matcher(context: Any) -> dict[str, Any]:
        lines = context.full_text.split("\n")
        body = "\n".join(lines[context.cursor_line + 1 :])
        found = candidates(
            context.text_until_cursor, body=body, namespace=shell.user_ns, stages=stages()
        )
        if found is None:
            return {"completions": []}
        fragment, texts = found
        return {
            "completions": [SimpleCompletion(text=text, type="mlops_nb") for text in texts],
            "matched_fragment": fragment,
            "suppress": True,
            "ordered": True,
        }

    return mlops_nb_matcher  # type: ignore[no-any-return,unused-ignore]


def _fragment(said: str) -> str:
    match = _FRAGMENT.search(said)
    return match.group() if match else ""


def _values(
    flag: str, *, body: str, namespace: Mapping[str, Any], stages: Iterable[str]
) -> list[str]:
    option = BY_FLAG.get(flag)
    if option is None:
        return []
    if option.type is STAGES:
        return sorted(stages)
    if option.type not in (NAMES, NAME, EVAL):
        return []
    bound = sorted(
        name
        for name, value in list(namespace.items())
        if name[:1] != "_" and not isinstance(value, ModuleType | type) and not callable(value)
    )
    models = sorted(n for n, v in list(namespace.items()) if n[:1] != "_" and hasattr(v, "predict"))
    known = [*_assigned(body), *(models if flag == "--model" else []), *bound]
    return list(dict.fromkeys(name for name in known if name not in ("In", "Out")))


def _assigned(body: str) -> list[str]:
    """Return the names that `body` assigns at its top level, in order."""
    try:
        tree = ast.parse(body)
    except (SyntaxError, ValueError):
        return _ASSIGNED.findall(body)
    names = []
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            for part in ast.walk(target) if target is not None else ():
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    names.append(part.id)
    return names
