"""A file that a library opened in native code, where nobody hears of it, makes its cells run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pytest
from law_cells import LawCell, Project
from law_kernel import Nursery
from law_quick import run_quick
from law_runs import write_files

FONTS = ("DejaVuSans.ttf", "DejaVuSerif.ttf")
HELPER = "from PIL import ImageFont\ndef family(p): return ImageFont.truetype(p, 9).getname()[0]"
WAYS = (
    ("from PIL import ImageFont", "print(ImageFont.truetype('one.ttf', 9).getname()[0])"),
    ("import fonts\nname = 'one'", "print(fonts.family(f'{name}.ttf'))"),
    (
        "from PIL import ImageFont\nfrom pathlib import Path",
        "for p in Path('.').glob('*.ttf'): print(ImageFont.truetype(str(p), 9).getname()[0])",
    ),
)


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("forks"))
    yield made
    made.close()


@pytest.mark.parametrize("way", range(len(WAYS)))
def test_a_font_that_is_another_now_is_read_anew(way: int, tmp_path: Path, forks: Nursery) -> None:
    setup, shows = WAYS[way]
    cells = (LawCell(source=setup, kind="setup"), LawCell(source=shows))
    project = Project(cells=cells, files=(("fonts.py", HELPER),))
    write_files(tmp_path, project)
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    shown = []
    for name in (FONTS[0], FONTS[0], FONTS[1]):
        (tmp_path / "one.ttf").write_bytes((folder / name).read_bytes())
        run = run_quick(forks, tmp_path, project, cache="all")
        shown.append(("Serif" in str(run.cells[1]), run.restored))
    assert shown == [(False, 0), (False, 2), (True, 1)]
