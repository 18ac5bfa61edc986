"""Is the house in order? Lint, format, types, layers and spelling, as the test run sees them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TOOLS / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("lint-imports",),
        ("codespell", "mlops_nb", "tests", "templates", "README.md", "pyproject.toml"),
    ],
    ids=lambda command: command[0] + ("-format" if "format" in command else ""),
)
def test_the_house_is_in_order(command: tuple[str, ...]) -> None:
    done = _run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_top_level_holds_what_the_design_card_names_and_nothing_else() -> None:
    listing = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    top = {line.split("/")[0] for line in listing.splitlines()}
    allowed = {"pyproject.toml", "notebooks", "mlops_nb", "templates", "tests", "README.md"}
    assert {name for name in top if not name.startswith(".")} <= allowed


LIGHT_CASES = {
    "import mlops_nb": "import mlops_nb",
    "mlops-nb --help": (
        "import sys; sys.argv = ['mlops-nb', '--help']\n"
        "from mlops_nb.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0, end.code"
    ),
}
LIGHT_PACKAGES = {"mlops_nb", "click"}


@pytest.mark.parametrize("code", LIGHT_CASES.values(), ids=LIGHT_CASES.keys())
def test_it_loads_no_package_but_its_own_and_click(code: str) -> None:
    probe = (
        "import sys\nbefore = set(sys.modules)\n"
        + code
        + "\nnew = {m.split('.')[0] for m in set(sys.modules) - before}\n"
        "print('LOADED', *sorted(new - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.rsplit("LOADED", 1)[1].split())
    assert {name for name in loaded if not name.startswith("_")} <= LIGHT_PACKAGES
