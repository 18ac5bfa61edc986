"""Keys of the store: what is accepted, what a signature vouches for."""

from __future__ import annotations

import pytest

from mlops_nb.artifacts.store_signature import VARIABLE, is_signed, read_key, sign
from mlops_nb.artifacts.store_url import mask_text, mask_url
from mlops_nb.errors import InputError

KEY = b"0123456789abcdef"


def test_a_key_comes_from_the_environment_and_is_not_told_when_it_is_too_short() -> None:
    assert read_key({}) is None
    assert read_key({VARIABLE: ""}) is None
    assert read_key({VARIABLE: KEY.decode()}) == KEY
    with pytest.raises(InputError, match="MNB840") as caught:
        read_key({VARIABLE: "hunter2"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "signature", "key", "expected"),
    [
        (b"x", sign(b"x", KEY), KEY, True),
        (b"y", sign(b"x", KEY), KEY, False),
        (b"x", sign(b"x", KEY[::-1]), KEY, False),
        (b"x", sign(b"x", KEY), None, False),
        (b"x", None, KEY, False),
        (b"x", "ä", KEY, False),
    ],
)
def test_a_signature_vouches_for_one_content_under_one_key(
    content: bytes, signature: object, key: bytes | None, expected: bool
) -> None:
    assert is_signed(content, signature, key) is expected


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("s3://bucket/a", "s3://bucket/a"),
        ("https://u:pw12@h:80/a?sig=abc#t", "https://***@h:80/a?***"),
        ("file:///mnt/a", "file:///mnt/a"),
        ("C:\\team", "C:\\team"),
        ("http://[bad", "http://***"),
    ],
)
def test_a_url_is_told_without_what_opens_it(url: str, masked: str) -> None:
    assert mask_url(url) == masked


def test_messages_of_libraries_are_told_without_credentials() -> None:
    url = "https://user:pw12@host/a?sig=abcdef"
    told = mask_text(f"cannot open {url}: user pw12, abcdef refused", url)
    assert told == "cannot open https://***@host/a?***: *** ***, *** refused"
