"""What is found as a secret and what is not: tables, since a false alarm is a defect.

Keys are put together here from parts: no scanner is to take this file for a leak.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mlops_nb.pipeline.cells import Cell, CellId
from mlops_nb.pipeline.secret_findings import secret_diagnostics
from mlops_nb.pipeline.secret_kinds import find_secrets

B36 = "aZ3kQ9mX7pL2vR8tY5wN1cJ6hD4sG0bF7eK2"
B64 = B36 + "uT5iO3yV9zHxW1qEjA8lMnPo4rSd"
HEX32 = "9f86d081884c7d659a2feaa0c55ad015"


@dataclass(frozen=True)
class Case:
    """A source, what kind of secret is in it (empty: none), and whether that is sure."""

    source: str
    kind: str = ""
    is_sure: bool = False


FOUND = [
    Case("k = 'AKIA" + "Q6T2NX7VBD5KWE4L'", "an AWS access key id", True),
    Case("k = 'AKIA" + "IOSFODNN7EXAMPLE'", "an AWS access key id"),
    Case(f"aws_secret_access_key = {B64[:40]}", "an AWS secret key", True),
    Case(f'os.environ["AWS_SECRET_ACCESS_KEY"] = "{B64[:40]}"', "an AWS secret key", True),
    Case("headers = {'x': 'gh" + f"p_{B36}'}}", "a GitHub token", True),
    Case(
        "!git clone https://github" + f"_pat_{B36[:22]}_{(B64 + B36)[:59]}@x",
        "a GitHub token",
        True,
    ),
    Case("t = 'gl" + f"pat-{B36[:20]}'", "a GitLab token", True),
    Case("t = 'xo" + f"xb-123456789012-{B36[:24]}'", "a Slack token"),
    Case("t = 'xo" + f"xp-918273645512-{B36[:24]}'", "a Slack token", True),
    Case("genai.configure('AI" + f"za{B36[:35]}')", "a Google API key", True),
    Case("stripe.api_key = 's" + f"k_live_{B36[:24]}'", "a Stripe key", True),
    Case("stripe.api_key = 's" + f"k_test_{B36[:24]}'", "a Stripe test key"),
    Case("c = OpenAI('s" + f"k-proj-{B36}T3Blbk" + f"FJ{B36}')", "an OpenAI key", True),
    Case("c = OpenAI(api_key='s" + f"k-{B64[:48]}')", "an API key"),
    Case("c = Anthropic('s" + f"k-ant-api03-{B64}{B36}')", "an Anthropic key", True),
    Case("login('h" + "f_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH')", "a Hugging Face token", False),
    Case("login('h" + "f_" + "qWmZkPvTxLsNbRjYhGfDcSaUeIoQwMzKpV')", "a Hugging Face token", True),
    Case("//r/:_authToken=np" + f"m_{B36}", "an npm token", True),
    Case("p = 'py" + f"pi-AgEIcHlwaS5vcmc{B64}'", "a PyPI token", True),
    Case(f"wandb.login(key='{HEX32}12ab34cd')", "a Weights & Biases key", True),
    Case('{"username":"me","key":"' + HEX32 + '"}', "a Kaggle key", True),
    Case("jwt = 'ey" + f"J{B36}.ey" + f"J{B36}.{B36}'", "a JSON web token"),
    Case("-----BEGIN RSA PRIVATE" + f" KEY-----\n{B64}\n{B64}", "a private key", True),
    Case('k = """-----BEGIN PRIVATE' + f' KEY-----\\n{B64}\\n"""', "a private key", True),
    Case(
        "create_engine('postgresql://app:s3cr3t-9x@db.example.org/x')", "a password in an address"
    ),
    Case("password = 'hunter2'", "a literal given to a name that holds secrets"),
    Case(
        "connect(user='me', passwd='S3cure!pass')", "a literal given to a name that holds secrets"
    ),
    Case("DB_PASSWORD: str = 'T0psy-turvy'", "a literal given to a name that holds secrets"),
    Case("conf = {'password': 'T0psy-turvy!'}", "a literal given to a name that holds secrets"),
    Case(f"api_key = '{HEX32}'", "a literal given to a name that holds secrets"),
    Case(f'os.environ["OPENAI_API_KEY"] = "{B36}"', "a literal given to a name that holds secrets"),
    Case(
        f"os.getenv('API_TOKEN', default='{B36}')", "a literal given to a name that holds secrets"
    ),
    Case(f"githubToken = '{B36}'", "a literal given to a name that holds secrets"),
    Case(f"%env API_KEY={B36}", "a literal given to a variable that holds secrets"),
    Case(f"!export MY_TOKEN={B36}", "a literal given to a variable that holds secrets"),
    Case(f"headers = {{'Authorization': 'Bearer {B36}'}}", "a token in a header"),
]

CLEAN = [
    "api_key = os.environ['API_KEY']",
    "password = getpass.getpass('Password: ')",
    "password = 'your-password-here'",
    "api_key = '<your api key>'",
    "API_KEY = 'xxxxxxxxxxxxxxxxxxxxxxxx'",
    "token = 'changeme-please-1'",
    "openai.api_key = 'sk-...'",
    "openai.api_key = 'YOUR_OPENAI_API_KEY_1234'",
    "password = 'password'",
    "magics = {'pwd': 'IPython.core.magics.osm:OSMagics'}",
    "password = f'{user}-{n}'",
    "tokenizer = 'bert-base-uncased-finetuned-v2'",
    "pad_token = '<|endoftext|>'",
    "token_pattern = r'(?u)\\b\\w\\w+\\b'",
    "model = 'distilbert-base-uncased-finetuned-sst-2-english'",
    "secret = 'the secret of my success'",
    "key = 'a1b2c3d4e5f6a7b8c9d0'",
    f"digest = '{HEX32}'",
    f"sha256 = '{HEX32}{HEX32}'",
    f"# commit {HEX32}01234567",
    "run_id = '0b1d9c4e-7a55-4d55-9d51-0c4a6f1b2a3c'",
    "token = '0b1d9c4e-7a55-4d55-9d51-0c4a6f1b2a3c'",
    "create_engine('postgresql://postgres:postgres@localhost:5432/db')",
    "create_engine(f'postgresql://{user}:{password}@{host}/db')",
    "requests.get('http://localhost:8888/?a=1:2@x')",
    "https://user:$TOKEN@github.com/x",
    "-----BEGIN PUBLIC KEY-----\n" + B64 + B64,
    "print('-----BEGIN PRIVATE' + ' KEY-----')",
    "'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAKIAQ6T2NX7VBD5KWE4LAKIAQ6T2NX7VBD5KWE4L'",
    "max_tokens = 4096\ntokens = text.split()",
    "df['password_strength'] = 'Weak1'",
    "key: 'ArrowDown-2024-01-01'",
]


@pytest.mark.parametrize("case", FOUND, ids=lambda case: case.source[:24])
def test_a_secret_is_found_and_named(case: Case) -> None:
    found = find_secrets(case.source)
    assert [(f.kind.name, f.is_sure) for f in found] == (
        [(case.kind, case.is_sure)] if case.kind else []
    )


@pytest.mark.parametrize("source", CLEAN, ids=lambda source: source[:24])
def test_what_is_no_secret_is_not_found(source: str) -> None:
    assert find_secrets(source) == []


def cell(source: str, index: int = 0) -> Cell:
    return Cell(index=index, id=CellId("c"), type="code", source=source)


def test_a_diagnostic_says_where_and_shows_four_characters() -> None:
    key = "gh" + f"p_{B36}"
    (found,) = secret_diagnostics([cell("x = 1\n", 0), cell(f"y = 2\nt = '{key}'", 1)], outputs={})
    assert (found.code, found.severity, found.cell) == ("MNB220", "error", 1)
    assert (found.line, found.column) == (2, 5)
    assert found.message == "the source holds a GitHub token ('ghp_…')."
    assert key[:8] not in found.message + found.remedy


def test_a_secret_that_a_cell_also_prints_is_told_once() -> None:
    key = "gh" + f"p_{B36}"
    found = secret_diagnostics([cell(f"print('{key}')")], outputs={0: [key]})
    assert [(d.cell, d.line) for d in found] == [(0, 1)]


def test_outputs_and_metadata_are_searched() -> None:
    key = "gh" + f"p_{B36}"
    found = secret_diagnostics(
        [cell("f()", 0)], outputs={0: ["fine", f"a {key} b"]}, metadata=["password = 'hunter2'"]
    )
    assert [(d.cell, d.severity, d.message) for d in found] == [
        (0, "error", "output 1 holds a GitHub token ('ghp_…')."),
        (
            -1,
            "warning",
            "the notebook's metadata holds what is probably a literal given to a name that holds "
            "secrets ('hunt…').",
        ),
    ]
