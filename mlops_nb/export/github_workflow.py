"""What does a GitHub Actions workflow for a notebook say?

The text is the template ``github/workflow.yml``; this module decides what goes into it. Whatever a
person chose (paths, names, values) reaches the shell through environment variables only, never as
part of a script, and cannot open a ``${{ }}`` expression.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from mlops_nb.export.requirements import InstallPlan
from mlops_nb.export.templates import find_template
from mlops_nb.pipeline.parameters import Parameter

# What every GitHub takes, Enterprise Server included; parameters beyond keep their default.
_MAX_INPUTS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class GithubJob:
    """What a workflow is written from.

    Attributes
    ----------
    notebook : PurePosixPath
        Relative to the project root.
    project : PurePosixPath
        The project root, relative to the root of the repository; ``.`` if they are the same.
    parameters : sequence of Parameter
        Those the notebook declares; each becomes an input of the workflow.
    values : Mapping of str to str
        Values by parameter, in place of the notebook's defaults.
    install : InstallPlan
    register : str or None
        Name of the registered model; None registers none.
    gates : sequence of str
        What must hold, besides the gates of notebook and settings.
    promote_if_passed : bool
        Whether the registered version becomes the champion if all gates hold.
    secrets : sequence of str
        Environment variables that the repository's secrets of the same name fill.
    python_version : str
        Such as ``"3.12"``.
    """

    notebook: PurePosixPath
    project: PurePosixPath
    parameters: Sequence[Parameter] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    install: InstallPlan
    register: str | None = None
    gates: Sequence[str] = ()
    promote_if_passed: bool = False
    secrets: Sequence[str] = ()
    python_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Input:
    """One input of ``workflow_dispatch`` and the environment variable that carries it."""

    id: str
    name: str
    description: str
    default: str
    variable: str
    expression: str


def workflow_path(job: GithubJob) -> PurePosixPath:
    """Return the workflow's path from the root of the repository; the notebook's name is in it.

    Where the name loses more than case and separators, a digest keeps two notebooks apart.
    """
    name = str(job.notebook.with_suffix(""))
    words = re.findall(r"\w+", name, flags=re.ASCII)
    if re.search(r"[^\w /.-]", name, flags=re.ASCII):
        words.append(hashlib.sha256(name.encode()).hexdigest()[:8])
    return PurePosixPath(".github/workflows", "-".join(words).lower()[-80:] + ".yml")


def render_workflow(job: GithubJob) -> str:
    """Return the workflow as YAML; the same job gives the same text."""
    import jinja2

    # Brackets, because braces belong to GitHub's expressions.
    environment = jinja2.Environment(
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
        comment_start_string="[#",
        comment_end_string="#]",
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # YAML, quoted by the two filters
    )
    environment.filters["yaml"] = quote_yaml
    environment.filters["yaml_literal"] = quote_literal
    template = environment.from_string(
        find_template("github/workflow.yml").read_text(encoding="utf-8")
    )
    cached = job.install.sources or (str(workflow_path(job)),)
    folder = job.project if job.install.sources else PurePosixPath(".")
    prefix = f"mlops-nb-${{{{ runner.os }}}}-{job.python_version}-${{{{ github.workflow }}}}-"
    return template.render(
        title=f"mlops-nb: {job.notebook.stem}",
        notebook=_shell_path(job.notebook),
        pattern=_escape_glob(str(job.project / job.notebook)),
        working_directory=str(job.project),
        inputs=_inputs(job),
        register=job.register,
        gates=job.gates,
        promote_if_passed=job.promote_if_passed,
        secrets=job.secrets,
        python_version=job.python_version,
        cache_file=str(folder / cached[-1]),
        install=" ".join(shlex.quote(argument) for argument in job.install.arguments),
        record=str(job.project / ".mlops_nb" / "record"),
        kept=str(job.project / ".mlops_nb" / "cache"),
        kept_key=f"{prefix}${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}",
        kept_prefix=prefix,
    )


def quote_yaml(value: str) -> str:
    r"""Return `value` as a quoted YAML text on one line.

    >>> quote_yaml('a: "b"')
    '"a: \\"b\\""'
    """
    return '"' + "".join(map(_yaml_char, value)) + '"'


def _yaml_char(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def quote_literal(value: str) -> str:
    """Return `value` for a place where GitHub evaluates expressions: it stays what it is.

    >>> quote_literal("${{ secrets.X }}")
    '"${{ \\'${{\\' }} secrets.X }}"'
    """
    return quote_yaml(value.replace("${{", "${{ '${{' }}"))


def _inputs(job: GithubJob) -> list[_Input]:
    inputs = []
    for number, parameter in enumerate(job.parameters[:_MAX_INPUTS], start=1):
        is_plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", parameter.name) is not None
        identifier = parameter.name if is_plain else f"parameter_{number}"
        value = job.values.get(parameter.name, "")
        expression = f"inputs.{identifier}"
        if value:
            # On a push there are no inputs.
            expression += " || '" + value.replace("'", "''") + "'"
        inputs.append(
            _Input(
                id=identifier,
                name=parameter.name,
                description=_describe(parameter, is_plain=is_plain),
                default=value,
                variable=f"PARAMETER_{number}",
                expression=quote_yaml(f"${{{{ {expression} }}}}"),
            )
        )
    return inputs


def _describe(parameter: Parameter, *, is_plain: bool) -> str:
    words = [] if is_plain else [parameter.name + ":"]
    words.append(parameter.description or str(parameter.type))
    if parameter.default:
        words.append(f"(notebook: {parameter.default})")
    return " ".join(words)


def _shell_path(path: PurePosixPath) -> str:
    """Return `path` so that no command takes it for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def _escape_glob(path: str) -> str:
    return re.sub(r"([*?+\[\]!\\])", r"\\\1", path)
