"""What is an address, which file does it name, and what of it may be told?"""

from __future__ import annotations

import pytest

from mlops_nb.errors import InputError
from mlops_nb.notebook.addresses import is_url, name_in, tell_address, tell_without, to_local

LOCAL = ["nb.ipynb", "/srv/a://b", "C:/nb.ipynb", "{x}.ipynb", "-", "a:b", "file:///nb", "FILE://x"]
REMOTE = ["s3://b/n", "S3://b/n", "zip://n.ipynb::s3://b/all.zip", "simplecache::memory://n"]


@pytest.mark.parametrize("path", LOCAL)
def test_what_is_a_file_here_is_no_address(path: str) -> None:
    assert not is_url(path)


@pytest.mark.parametrize("path", REMOTE)
def test_what_another_library_reads_is_an_address(path: str) -> None:
    assert is_url(path)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///srv/nb.ipynb", "/srv/nb.ipynb"),
        ("FILE://localhost/srv/nb.ipynb", "/srv/nb.ipynb"),
        ("file:///srv/%C3%BC%20%7Bx%7D.ipynb", "/srv/ü {x}.ipynb"),
        ("local:///srv/nb.ipynb", "/srv/nb.ipynb"),
        ("/srv/%20.ipynb", "/srv/%20.ipynb"),
        ("s3://bucket/%20.ipynb", "s3://bucket/%20.ipynb"),
    ],
)
def test_a_file_address_is_the_path_it_names(url: str, path: str) -> None:
    assert to_local(url) == path


def test_a_file_of_another_machine_is_refused_with_the_address_that_was_meant() -> None:
    with pytest.raises(InputError, match=r"MNB123 .*'srv'\.\n.*file:///srv/nb\.ipynb\."):
        to_local("file://srv/nb.ipynb")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://me:pass@host/nb", "https://me:***@host/nb"),
        ("sftp://me:p%40ss@host:22/nb", "sftp://me:***@host:22/nb"),
        ("simplecache::sftp://me:pass@host/nb", "simplecache::sftp://me:***@host/nb"),
        ("zip://n.ipynb::https://me:pass@host/z", "zip://n.ipynb::https://me:***@host/z"),
        ("https://me@host/nb", "https://me@host/nb"),
        ("https://h/nb?a=1&X-Amz-Signature=abc#p", "https://h/nb?a=1&X-Amz-Signature=***#p"),
        ("https://h/nb?sv=1&sig=a%2Fb%3D", "https://h/nb?sv=1&sig=***"),
        ("https://h/nb?private_token=abc", "https://h/nb?private_token=***"),
        ("github://org:repo@main/nb.ipynb", "github://org:repo@main/nb.ipynb"),
        ("s3://bucket/me:pass@x.ipynb", "s3://bucket/me:pass@x.ipynb"),
        ("/srv/a?sig=b", "/srv/a?sig=b"),
    ],
)
def test_passwords_and_signatures_are_not_told(url: str, told: str) -> None:
    assert tell_address(url) == told


def test_what_a_library_says_of_an_address_is_told_without_them() -> None:
    url = "https://me:p%40ssw@host/nb.ipynb?sig=abcdef"
    said = f"no answer from {url}; host refused user me with p@ssw (/nb.ipynb?sig=abcdef)"
    told = tell_without(said, url)
    assert told == (
        "no answer from https://me:***@host/nb.ipynb?sig=***; host refused user me with *** "
        "(/nb.ipynb?sig=***)"
    )


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("s3://bucket/folder/nb.ipynb", "nb.ipynb"),
        ("https://host/nb.ipynb?raw=1/2", "nb.ipynb"),
        ("zip://folder/nb.ipynb::https://host/all.zip", "nb.ipynb"),
        ("simplecache::s3://bucket/nb.ipynb", "nb.ipynb"),
        ("github://org:repo@main/nb.ipynb", "nb.ipynb"),
        ("s3://bucket", "bucket"),
    ],
)
def test_an_address_has_the_name_of_its_file(url: str, name: str) -> None:
    assert name_in(url) == name
