"""Laws of masking: no form of a secret is left, nothing else is touched, pieces do not matter."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_nb.pipeline.secret_forms import forms_of, secrets_within
from mlops_nb.pipeline.secrets import MASK, Masker, why_unmaskable

TOKEN = "sk-live_4f9Qz7Lm2Xw8Rt6Y"
NASTY = "p@ss \"w'rd\\é/+&<1>=%"
KEY = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n"
    "AgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4/M2\n"
    "bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZH\n"
    "-----END PRIVATE KEY-----\n"
)
WRITERS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": json.dumps,
    "json, not ascii": lambda s: json.dumps(s, ensure_ascii=False),
    "json in json": lambda s: json.dumps(json.dumps({"token": s})),
    "repr": repr,
    "repr with both quotes": lambda s: repr("it's \"" + s),
    "repr with a double quote": lambda s: repr('"' + s),
    "ascii": ascii,
    "bytes": lambda s: repr(s.encode()),
    "repr of json": lambda s: repr(json.dumps(s)),
    "json of html": lambda s: json.dumps(html.escape(s)),
    "html of repr": lambda s: html.escape(repr(s)),
    "html": html.escape,
    "html, quotes kept": lambda s: html.escape(s, quote=False),
    "url": quote,
    "url, all": lambda s: quote(s, safe=""),
    "url, plus": quote_plus,
    "url, lower case": lambda s: re.sub("%..", lambda m: m.group().lower(), quote(s)),
    "shell": shlex.quote,
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64, after 4": lambda s: base64.b64encode(b"usr:" + s.encode()).decode(),
    "base64, after 5": lambda s: base64.b64encode(b"user:" + s.encode() + b" and more").decode(),
    "base64, url safe": lambda s: base64.urlsafe_b64encode(b"a" + s.encode() + b"?").decode(),
    "base64, wrapped": lambda s: base64.encodebytes(b"x" * 50 + s.encode() + b"y" * 50).decode(),
    "hex": lambda s: s.encode().hex(),
    "hex, upper case": lambda s: s.encode().hex().upper(),
    "colours": lambda s: "\x1b[38;5;28m" + "\x1b[39m\x1b[1;31m".join(s) + "\x1b[0m",
}
# What a base64 of a secret may leave: bits that it shares with its neighbours are one character.
_LETTERS = st.text(
    st.characters(codec="utf-8", exclude_characters="*\x1b\r\n", exclude_categories=["Cs"])
)
_SECRETS = st.one_of(
    st.sampled_from([TOKEN, NASTY, KEY, "hunter2", "abab", "aaab", "p-1234567890123456789012345"]),
    st.text(st.characters(codec="ascii", exclude_characters="*\x1b"), min_size=4, max_size=40),
    _LETTERS.filter(lambda text: len(text) < 60),
).filter(lambda text: why_unmaskable(text) is None)


@pytest.mark.parametrize("secret", [TOKEN, NASTY, KEY.strip()], ids=["token", "nasty", "key"])
@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_no_way_to_write_a_secret_gets_past(write: Callable[[str], str], secret: str) -> None:
    told = Masker({"S": secret}).text(f"before {write(secret)} after")
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert MASK in told
    bare = re.sub(r"\x1b\[[0-9;]*m|[\r\n]", "", told)
    forms = [form.core for form in forms_of(secret)]
    assert [core for core in forms if core in bare or core in told] == []
    assert longest_run(bare, secret) < 8


def longest_run(text: str, secret: str) -> int:
    """Return the length of the longest part of `secret` that stands in `text`."""
    found = 0
    for start in range(len(secret)):
        while secret[start : start + found + 1] in text and start + found < len(secret):
            found += 1
    return found


@pytest.mark.parametrize("skipped", range(4))
@pytest.mark.parametrize("more", range(4))
def test_base64_leaves_at_most_a_neighbour_of_the_secret(skipped: int, more: int) -> None:
    whole = b"abc"[:skipped] + TOKEN.encode() + b"xyz"[:more]
    written = base64.b64encode(whole).decode()
    told = Masker({"S": TOKEN}).text(written)
    begin, end = 8 * skipped // 6, -(-8 * (skipped + len(TOKEN)) // 6)
    assert told == written[:begin] + MASK + written[end:]


@dataclass(frozen=True)
class Case:
    """A text, and what it becomes."""

    text: str
    told: str


CASES = [
    Case("", ""),
    Case("sk-live", "sk-live"),
    Case(TOKEN, "***"),
    Case(TOKEN + TOKEN, "******"),
    Case(f"{TOKEN[:12]}…", "***…"),
    Case(f"{TOKEN[:20]}...", "***..."),
    Case(f"{TOKEN[:11]}…", f"{TOKEN[:11]}…"),
    Case(f"{TOKEN[:10]}\n{TOKEN[10:]}", "***"),
    Case(f"{TOKEN[:3]}\n{TOKEN[3:]}", f"{TOKEN[:3]}\n{TOKEN[3:]}"),
    Case(f"\x1b[31m{TOKEN[:5]}\x1b[0m{TOKEN[5:]}!", "\x1b[31m***\x1b[0m!"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case.text))
def test_secrets_beginnings_and_what_stands_between_are_masked(case: Case) -> None:
    assert Masker({"S": TOKEN}).text(case.text) == case.told


def test_every_long_line_of_a_key_is_masked_alone() -> None:
    masker = Masker({"S": KEY})
    for line in KEY.splitlines():
        assert masker.text(f"<{line}>") == "<***>"


@given(secrets=st.lists(_SECRETS, max_size=3), data=st.data())
def test_pieces_make_no_difference_and_leave_nothing(
    secrets: list[str], data: st.DataObject
) -> None:
    masker = Masker({str(number): secret for number, secret in enumerate(secrets)})
    written = st.builds(
        lambda secret, write: write(secret),
        st.sampled_from(secrets or [""]),
        st.sampled_from(list(WRITERS.values())),
    )
    cut = st.builds(
        lambda secret, at: secret[:at], st.sampled_from(secrets or [""]), st.integers(0, 40)
    )
    fillers = st.sampled_from(["\n", "\r\n", "\x1b[0m", "\x1b", "\x1b[3", "a", " ", "=", "x\n"])
    parts = data.draw(st.lists(st.one_of(_LETTERS, written, cut, fillers), max_size=6))
    whole = "".join(parts)
    places = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    stream = masker.stream()
    told = [
        stream.feed(whole[a:b]) for a, b in zip([0, *places], [*places, len(whole)], strict=True)
    ]
    assert "".join([*told, stream.rest()]) == masker.text(whole)
    for secret in secrets:
        assert all(form.core not in masker.text(whole) for form in forms_of(secret))
        assert all(secret.strip() not in piece for piece in told)


@given(text=_LETTERS, secret=st.sampled_from([TOKEN, KEY]))
def test_text_without_secrets_stays_as_it_is(text: str, secret: str) -> None:
    assert Masker({"S": secret}).text(text) == text
    stream = Masker({"S": secret}).stream()
    assert stream.feed(text) + stream.rest() == text


def test_a_stream_holds_back_what_could_begin_a_secret_and_no_more() -> None:
    stream = Masker({"S": TOKEN}).stream()
    assert stream.feed("an end of a line\n") == "an end of a line\n"
    assert stream.feed("token: sk-live_4f9Q") == "token: "
    assert stream.held == "sk-live_4f9Q"
    assert stream.feed("z7Lm2Xw8Rt6Y, well.") == "***, well."
    assert stream.feed("sk-li") == ""
    assert stream.rest() == "sk-li"


def test_what_code_takes_out_of_a_secret_is_one() -> None:
    account = json.dumps({"type": "service_account", "private_key": KEY, "client_id": "1234567890"})
    masker = Masker({"DB": "postgresql://app:s3cr%21t-9x@db.example.org/x", "ACCOUNT": account})
    assert masker.text("password='s3cr!t-9x', s3cr%21t-9x") == "password='***', ***"
    assert masker.text(KEY) == "***\n"
    assert masker.text(base64.b64encode(KEY.encode()).decode()) == "***K"  # its last line end
    assert masker.text("postgresql, app, service_account, 1234567890") == (
        "postgresql, app, service_account, 1234567890"
    )


@pytest.mark.parametrize("secret", ["https://h/x", "a://b:word@c", "a://postgres:postgres@c"])
def test_a_word_in_an_address_is_no_secret(secret: str) -> None:
    assert secrets_within(secret) == []


def test_a_secret_that_overlaps_itself_does_not_hold_back_for_ever() -> None:
    stream = Masker({"S": "abab"}).stream()
    told = [stream.feed("ab" * 5_000) for _ in range(50)]
    assert len(stream.held) < 100_000
    assert set("".join([*told, stream.rest()])) == {"*"}


def test_values_are_masked_at_any_depth_and_kept_where_clean() -> None:
    masker = Masker({"S": TOKEN})
    clean = {"a": [1, "x", ("y", None)], "b": {"c": 2.5}}
    assert masker.value(clean) is clean
    assert masker.value({TOKEN: [{"x": (TOKEN, 1)}], "raw": TOKEN.encode()}) == {
        MASK: [{"x": (MASK, 1)}],
        "raw": b"***",
    }


def test_a_parameter_may_be_a_secret_number() -> None:
    assert Masker({"S": "480271"}).parameters({"pin": 480271, "n": 3}) == {"pin": MASK, "n": 3}


def test_a_short_secret_leaves_the_words_of_a_notebook_alone() -> None:
    masker = Masker({"S": "text", "T": "code"})
    cell = {
        "cell_type": "code",
        "source": "'code'",
        "outputs": [{"output_type": "stream", "data": {"text/plain": "my text"}}],
    }
    assert masker.value(cell) == {
        "cell_type": "code",
        "source": "'***'",
        "outputs": [{"output_type": "stream", "data": {"text/plain": "my ***"}}],
    }


def test_a_short_secret_that_is_no_word_is_masked_in_names_too() -> None:
    masked = Masker({"S": "hunter2"}).value({"name": "hunter2", "hunter2": 1, "status": "idle"})
    assert masked == {"name": MASK, MASK: 1, "status": "idle"}


def test_the_name_of_the_kernel_stays_whatever_is_a_secret() -> None:
    spec = {"name": "python3"}
    masker = Masker({"S": "python3"})
    assert masker.part({"kernelspec": spec, "x": spec}) == {"kernelspec": spec, "x": {"name": MASK}}
    assert masker.value({"kernelspec": spec}) == {"kernelspec": {"name": MASK}}


def test_images_are_searched_for_long_secrets_only() -> None:
    masker = Masker({"S": TOKEN, "T": "AAAB"})
    assert masker.value({"image/png": "iVBORAAAB", "text/html": "AAAB"}) == {
        "image/png": "iVBORAAAB",
        "text/html": MASK,
    }
    assert masker.value({"image/png": TOKEN}) == {"image/png": MASK}


def test_without_secrets_nothing_is_looked_at() -> None:
    masker = Masker()
    assert not masker
    text, value = "x" * 9, {"a": ["b"]}
    assert masker.text(text) is text
    assert masker.value(value) is value


@pytest.mark.parametrize("value", ["", "  \n", "abc", " abc ", "0000"])
def test_what_cannot_be_masked_is_refused(value: str) -> None:
    assert why_unmaskable(value) is not None
    with pytest.raises(ValueError, match="secret 'S'"):
        Masker({"S": value})
