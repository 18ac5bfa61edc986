"""A stage cell behaves in every way like a plain cell: each case runs as both, in one kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from live_kernel import Executed, LiveKernel, Output, live_kernel

pytestmark = pytest.mark.xdist_group("stage_cell")

PLAIN = "# %%mlops_stage t\n"  # a comment: lines keep their numbers
STAGE = "%%mlops_stage t\n"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    with live_kernel(cwd=str(tmp_path_factory.mktemp("kernel"))) as started:
        load = "%load_ext mlops_nb\nimport warnings\nwarnings.simplefilter('always')"
        assert started.run(load).status == "ok"
        yield started


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A body; `then` is a plain cell whose outcome must not differ either."""

    name: str
    body: str
    then: str = ""
    is_magic: bool = False


CASES = [
    Case(name="last expression", body="1 + 1", then="_, _ + 1"),
    Case(name="trailing semicolon", body="2 + 2;", then="_"),
    Case(name="last value None", body="None"),
    Case(name="two expressions", body="1\n2"),
    Case(name="assignment last", body="a = 5", then="a"),
    Case(name="empty body", body=""),
    Case(name="blank body", body="\n\n   \n"),
    Case(name="comment only", body="# nothing\n# here"),
    Case(name="docstring first", body='"""What this does."""'),
    Case(
        name="future import first",
        body="from __future__ import annotations\nx: Undefined = 1\nx",
    ),
    Case(name="await", body="import asyncio\nawait asyncio.sleep(0, 'done')"),
    Case(
        name="async for",
        body="async def gen():\n    for i in range(3):\n        yield i\n"
        "async for i in gen():\n    print(i)",
    ),
    Case(
        name="async with",
        body="from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def c():\n"
        "    yield 7\nasync with c() as v:\n    print(v)",
    ),
    Case(name="failure while awaiting", body="import asyncio\nawait asyncio.sleep(0)\n1 / 0"),
    Case(name="line magic", body="%precision 4\n1 / 3", then="%precision"),
    Case(name="magic assigned", body="where = %pwd\nwhere"),
    Case(name="magic in a block", body="for i in range(2):\n    %precision 3"),
    Case(name="unknown line magic", body="x = 1\n%nosuchmagic"),
    Case(name="shell", body="!echo one; echo two"),
    Case(name="shell with a variable", body="word = 'tree'\n!echo {word} $word"),
    Case(name="shell assigned", body="files = !printf 'a\\nb'\nfiles"),
    Case(name="help", body="x = 1\nlen?"),
    Case(name="automagic-free name", body="ls = 3\nls"),
    Case(name="%%time", body="%%time\nq = 1\nq", is_magic=True),
    Case(name="%%time failing", body="%%time\nq = 1\n1 / 0", is_magic=True),
    Case(name="%%timeit", body="%%timeit -n1 -r1\npass", is_magic=True),
    Case(name="%%capture", body="%%capture out\nprint('in')\n5", then="out.stdout", is_magic=True),
    Case(name="%%bash", body="%%bash\necho hello", is_magic=True),
    Case(name="%%bash failing", body="%%bash\nexit 3", is_magic=True),
    Case(name="%%html", body="%%html\n<b>x</b>", is_magic=True),
    Case(name="%%script", body="%%script --out said sh\necho hi", then="said", is_magic=True),
    Case(name="unknown cell magic", body="%%nosuch\nx", is_magic=True),
    Case(name="magic after a blank line", body="\n%%time\nq = 2", is_magic=True),
    Case(name="exception", body="x = 1\n\ny = 1 / 0\nz = 2", then="'z' in dir()"),
    Case(name="exception in a function", body="def f(n):\n    return 1 / n\n\nf(1)\nf(0)"),
    Case(
        name="chained",
        body="try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('v') from e",
    ),
    Case(
        name="exception group",
        body="raise ExceptionGroup('g', [ValueError('a'), TypeError('b')])",
    ),
    Case(
        name="own rendering",
        body="class E(Exception):\n"
        "    def _render_traceback_(self):\n"
        "        return ['short']\n"
        "raise E",
    ),
    Case(name="recursion", body="def r(n):\n    return r(n + 1)\nr(0)"),
    Case(
        name="error in repr",
        body="class B:\n    def __repr__(self):\n        raise ValueError('r')\nB()",
    ),
    Case(name="syntax error", body="x = 1\ny = (2,\nz = 3"),
    Case(name="syntax error on the first line", body="x = = 1"),
    Case(name="indentation error", body="if True:\nx = 1"),
    Case(name="tab error", body="if True:\n        x = 1\n\ty = 2"),
    Case(name="break outside a loop", body="x = 1\nbreak"),
    Case(name="return outside a function", body="x = 1\nreturn x"),
    Case(name="unfinished string", body="s = '''abc"),
    Case(name="keyboard interrupt raised", body="raise KeyboardInterrupt"),
    Case(name="system exit", body="raise SystemExit(3)", then="1"),
    Case(name="sys.exit", body="import sys\nsys.exit('bye')"),
    Case(
        name="getsource",
        body="import inspect\ndef g(x):\n    return x  # mark\nprint(inspect.getsource(g))",
    ),
    Case(
        name="getsource of a class",
        body="class K:\n"
        "    '''doc'''\n"
        "    def m(self):\n"
        "        return 1\n"
        "import inspect\n"
        "print(inspect.getsource(K.m))",
    ),
    Case(
        name="getsource later",
        body="def later():\n    return 'here'",
        then="import inspect\nprint(inspect.getsource(later))",
    ),
    Case(name="line numbers", body="import sys\nprint(sys._getframe().f_lineno)"),
    Case(
        name="warning",
        body="import warnings\nwarnings.simplefilter('always')\nwarnings.warn('careful')",
    ),
    Case(
        name="stderr",
        # Flushed: ipykernel's timers of earlier cells send unflushed text in any order.
        body="import sys\nprint('out', flush=True)\nprint('err', file=sys.stderr, flush=True)\n"
        "print('out2')",
    ),
    Case(name="logging", body="import logging\nlogging.getLogger('x').warning('logged')"),
    Case(
        name="display",
        body="from IPython.display import display, HTML\ndisplay(HTML('<i>a</i>'), 'b')\n3",
    ),
    Case(
        name="rich last value",
        body="class R:\n    def _repr_html_(self):\n        return '<p>r</p>'\nR()",
    ),
    Case(
        name="update_display",
        body="from IPython.display import display\n"
        "h = display('one', display_id='d')\n"
        "h.update('two')",
    ),
    Case(
        name="clear_output",
        body="from IPython.display import clear_output\n"
        "print('gone')\n"
        "clear_output()\n"
        "print('kept')",
    ),
    Case(
        name="clear_output waiting",
        body="from IPython.display import clear_output\n"
        "print('a')\n"
        "clear_output(wait=True)\n"
        "print('b')",
    ),
    Case(
        name="clear_output last",
        body="from IPython.display import clear_output, display\n"
        "display('figure')\n"
        "clear_output(wait=True)",
    ),
    Case(name="carriage return", body="for i in range(3):\n    print(i, end='\\r')"),
    Case(
        name="%% in a string",
        body='t = """\n%%time\n%%mlops_stage other\n# mlops: stage other\n"""\nprint(t)',
    ),
    Case(name="%% as an operator", body="n = 7\nm = (n\n  %2)\nm"),
    Case(name="decorator first", body="@staticmethod\ndef s():\n    return 4\ns()"),
    Case(name="class first", body="class C:\n    x = 1\nC.x"),
    Case(name="walrus", body="(n := 10) + 1", then="n"),
    Case(name="global in a function", body="def h():\n    global made\n    made = 9\nh()\nmade"),
    Case(name="conditional", body="if True:\n    inner = 1\nelse:\n    inner = 2\ninner"),
    Case(name="deletes", body="gone = 1\ndel gone", then="'gone' in globals()"),
    Case(name="line continuation", body="total = 1 + \\\n    2\ntotal"),
    Case(name="unicode", body="größe = 'ß→✓'\ngröße"),
    Case(name="names of the shell", body="print(__name__, len(In) > 0, isinstance(Out, dict))"),
    Case(name="nested run_cell", body="r = get_ipython().run_cell('7 * 6')\nr.result"),
    Case(name="nested failing run_cell", body="r = get_ipython().run_cell('1/0')\nr.success"),
    Case(name="exec", body="exec('dyn = 4')\ndyn"),
    Case(name="input refused", body="input('name? ')"),
    Case(
        name="thread",
        body="import threading\n"
        "t = threading.Thread(target=print, args=('from a thread',))\n"
        "t.start()\n"
        "t.join()",
    ),
    Case(name="leading indentation", body="    indented = 1\n    indented"),
    Case(name="prompts pasted", body=">>> p = 3\n>>> p"),
    Case(name="set_next_input", body="get_ipython().set_next_input('next')"),
    Case(
        name="widget",
        body="import ipywidgets\nw = ipywidgets.IntSlider(3)\nw.value = 5\nw.value",
    ),
]


def _normalise(text: str) -> str:
    text = re.sub(r"In\s?\[\d+\]", "In[n]", text)
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    text = re.sub(r"(?:ipykernel_\d+/)?\b\d+\.py", "cell.py", text)
    text = re.sub(r"\d[\d.e+]* (?:ns|μs|us|µs|ms|s)\b", "TIME", text)
    return re.sub(r"\b[0-9a-f]{32}\b", "ID", text)


def _comparable(executed: Executed) -> list[tuple[str, str, str]]:
    streams: list[tuple[str, str, str]] = []
    for output in executed.body:
        row = (output.kind, _detail(output), _normalise(output.text))
        if streams and output.kind == "stream" and streams[-1][:2] == row[:2]:
            row = (row[0], row[1], streams.pop()[2] + row[2])
        streams.append(row)
    return streams


def _detail(output: Output) -> str:
    content = output.content
    if output.kind == "stream":
        return str(content["name"])
    if output.kind == "error":
        return f"{content['ename']}: {_normalise(content['evalue'])}"
    return _normalise(str({**content.get("data", {}), "transient": content.get("transient")}))


def _prefixed(prefix: str, case: Case) -> str:
    return case.body.lstrip("\n") if case.is_magic and prefix == PLAIN else prefix + case.body


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_stage_cell_says_what_a_plain_cell_says(kernel: LiveKernel, case: Case) -> None:
    outcomes = []
    for prefix in (PLAIN, STAGE):
        count = kernel.run("", silent=True).reply["execution_count"]
        executed = kernel.run(_prefixed(prefix, case))
        then = kernel.run(case.then) if case.then else None
        outcomes.append(
            {
                "status": executed.status,
                "outputs": _comparable(executed),
                "counts": executed.reply["execution_count"] - count,
                "payload": executed.reply.get("payload"),
                "then": None if then is None else (then.status, _comparable(then)),
            }
        )
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_stage_shows_its_line_when_it_ends_well_and_only_then(
    kernel: LiveKernel, case: Case
) -> None:
    executed = kernel.run(STAGE + case.body)
    errors = [o for o in executed.outputs if o.kind == "error"]
    if executed.status == "ok" and case.name != "clear_output last":
        assert executed.stage_line is not None
        assert executed.stage_line.startswith("stage t · ")
        assert len([o for o in executed.outputs if o.kind == "display_data"]) >= 1
    else:
        assert executed.stage_line is None
    assert len(errors) <= (1 if case.name != "nested failing run_cell" else 2)
