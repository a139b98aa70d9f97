"""Where recordings lie: shared paths, S3, HTTP, and the stores of DVC on each of them.

    file:///shared/raw/alexnet        mapped where it is
    s3://bucket/raw/alexnet           copied to scratch
    https://host/raw/alexnet
    dvc+file:///store, dvc+s3://…, dvc+https://…    files by their MD5, as DVC and `layerwatt data` keep them

Every file's MD5 is compared with the manifest's list before it is used.
"""

from __future__ import annotations

import hashlib
import http.client
import netrc
import os
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from typing import Any, Callable, List, Optional

from .._errors import DatasetError, MissingError, StorageError, UnsupportedError
from . import identity
from .tree import Tree, s3_file_system

_CHUNK = 1 << 20
_TRIES = 5
#: What a server may say and be asked again.
_AGAIN = {408, 429, 500, 502, 503, 504}


class _AskAgain(Exception):
    """A lost connection, a body cut short, a server that is busy."""


def local_path(uri: str) -> str:
    return urllib.parse.unquote(uri[len("file://") :])


def uri_of(path: str) -> str:
    return "file://" + urllib.parse.quote(os.path.abspath(path))


def is_in_place(uri: str) -> bool:
    """Whether a recording is mapped where it lies."""
    return uri.startswith("file://")


def join(uri: str, path: str) -> str:
    """The URI of a file below; S3's keys are taken as they are."""
    quoted = path if uri.startswith("s3://") else urllib.parse.quote(path)
    return f"{uri.rstrip('/')}/{quoted}"


def _authorization(url: str) -> Optional[str]:
    """Basic, of ~/.netrc or $NETRC, for the URL's host alone."""
    path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")
    host = urllib.parse.urlsplit(url).hostname
    if not host or not os.path.isfile(path):
        return None
    try:
        found = netrc.netrc(path).authenticators(host)
    except (netrc.NetrcParseError, OSError) as error:
        raise DatasetError(f"{path}: {error}", path) from error
    if not found:
        return None
    return "Basic " + b64encode(f"{found[0]}:{found[2]}".encode()).decode()


def _open_http(url: str) -> Any:
    request = urllib.request.Request(url)
    told = _authorization(url)
    if told:
        # Not handed on where the server sends us elsewhere.
        request.add_unredirected_header("Authorization", told)
    try:
        return urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in _AGAIN:
            raise _AskAgain(f"the server said {error.code}") from error
        if error.code == 404:
            raise MissingError(f"{url} is not there (404)") from error
        if error.code in (401, 403):
            raise StorageError(
                f"{url}: the server refuses ({error.code}); a name and password are taken from "
                "~/.netrc"
            ) from error
        raise StorageError(f"{url}: the server said {error.code}") from error
    except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
        raise _AskAgain(str(error)) from error


_s3: Any = None


def _open_s3(uri: str) -> Any:
    global _s3
    if _s3 is None:
        _s3 = s3_file_system()
    try:
        return _s3.open_input_stream(uri[len("s3://") :])
    except FileNotFoundError as error:
        raise MissingError(f"{uri} is not there") from error
    except OSError as error:
        raise _s3_error(uri, error) from error


def _s3_error(uri: str, error: OSError) -> Exception:
    text = str(error)
    refusals = ("ACCESS_DENIED", "InvalidAccessKeyId", "SignatureDoesNotMatch", "INVALID_ACCESS_KEY")
    if any(word in text for word in refusals):
        return StorageError(f"{uri}: access is refused; check AWS_ACCESS_KEY_ID and its like ({text})")
    return _AskAgain(text)


def _open(uri: str) -> Any:
    if uri.startswith("s3://"):
        return _open_s3(uri)
    if uri.startswith(("http://", "https://")):
        return _open_http(uri)
    if uri.startswith("file://"):
        try:
            return open(local_path(uri), "rb", buffering=0)
        except FileNotFoundError as error:
            raise MissingError(f"{local_path(uri)} is not there") from error
    raise UnsupportedError(
        f"{uri}: recordings come from file://, s3://, http(s):// or dvc+ one of them"
    )


def _copy_once(uri: str, sink: Callable[[bytes], Any]) -> str:
    """Its MD5."""
    digest = hashlib.md5(usedforsecurity=False)
    size = 0
    with _open(uri) as stream:
        expected = getattr(stream, "length", None)
        while True:
            try:
                piece = stream.read(_CHUNK)
            except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
                raise _AskAgain(str(error)) from error
            except OSError as error:
                if uri.startswith("s3://"):
                    raise _s3_error(uri, error) from error
                raise
            if not piece:
                break
            digest.update(piece)
            sink(piece)
            size += len(piece)
    if isinstance(expected, int) and expected >= 0 and size < expected and uri.startswith("http"):
        raise _AskAgain(f"{size} of {expected} bytes came")
    return digest.hexdigest()


def _patiently(uri: str, once: Callable[[], str]) -> str:
    for number in range(_TRIES):
        try:
            return once()
        except _AskAgain as error:
            if number + 1 == _TRIES:
                raise StorageError(f"{uri}: asked for {_TRIES} times, last: {error}") from error
            time.sleep(min(8.0, 0.2 * 2**number) * random.uniform(0.7, 1.3))
    raise AssertionError("unreachable")


def copy(uri: str, path: str, md5: Optional[str]) -> None:
    """A file to `path`, its MD5 compared; a difference is asked for once more, as transfers break too."""

    def once() -> str:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            return _copy_once(uri, file.write)

    got = _patiently(uri, once)
    if md5 is not None and got != md5:
        got = _patiently(uri, once)
    if md5 is not None and got != md5:
        raise DatasetError(f"{uri} has MD5 {got}, listed is {md5}: it was changed or damaged", uri)


def read(uri: str) -> bytes:
    """A small file, whole."""
    pieces: List[bytes] = []

    def once() -> str:
        pieces.clear()
        return _copy_once(uri, pieces.append)

    _patiently(uri, once)
    return b"".join(pieces)


def stored(store: str, md5: str) -> str:
    """Where a store of DVC keeps an object; `md5` may end with ".dir"."""
    return join(store, f"files/md5/{md5[:2]}/{md5[2:]}")


def read_object(store: str, md5: str) -> bytes:
    """An object of a store, compared with its name."""
    uri = stored(store, md5)
    data = read(uri)
    got = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if got != md5[:32]:
        raise DatasetError(f"{uri} has MD5 {got}, which is not its name: it is damaged", uri)
    return data


def sizes_of(store: str) -> Callable[[str], int]:
    """Tells the size of an object; 0 where the store would have to be asked for each (HTTP)."""
    if store.startswith("file://"):
        return lambda md5: os.stat(local_path(stored(store, md5))).st_size
    if store.startswith("s3://"):
        tree = Tree(store)
        listed = {name.lstrip("/"): size for name, size in tree.list("files/md5", recursive=True)}
        return lambda md5: listed.get(f"files/md5/{md5[:2]}/{md5[2:]}", 0)
    return lambda md5: 0


def file_uri(uri: str, file: identity.File) -> str:
    """Of a recording's file."""
    if uri.startswith("dvc+"):
        return stored(uri[len("dvc+") :].partition("#")[0], file.md5)
    return join(uri, file.path)


def idle_uri(uri: str, name: str, md5: str) -> str:
    """Of the idle power that stands beside a recording's folder."""
    if uri.startswith("dvc+"):
        return stored(uri[len("dvc+") :].partition("#")[0], md5)
    return join(uri.rstrip("/").rpartition("/")[0], name)


def verify_in_place(uri: str, files: List[identity.File], idle_name: str, idle_md5: str) -> str:
    """Reads a recording on a shared path whole, and returns its folder. DatasetError names what differs."""
    folder = local_path(uri)
    if not os.path.isdir(folder):
        raise MissingError(
            f"{folder} is not there: is the path shared with this machine?", folder
        )
    there = identity.hashed(folder, identity.scan(folder))
    wrong = identity.differences(files, there)
    if not wrong and idle_md5:
        idle = os.path.join(os.path.dirname(folder), idle_name)
        if not os.path.isfile(idle) or identity.md5_of(idle) != idle_md5:
            wrong = [f"{idle_name} beside it is not the one of the manifest"]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise DatasetError(
            f"{folder} is not what the manifest says: {'; '.join(wrong[:3])}{more}. Make the "
            "manifest again, or the recording what it was",
            folder,
        )
    return folder


def fetch(
    uri: str, files: List[identity.File], idle_name: str, idle_md5: str, folder: str
) -> None:
    """Copies a recording into `folder`, and its idle power beside it."""
    for file in files:
        copy(file_uri(uri, file), os.path.join(folder, *file.path.split("/")), file.md5)
    if idle_md5:
        beside = os.path.join(os.path.dirname(folder), idle_name)
        copy(idle_uri(uri, idle_name, idle_md5), beside, idle_md5)


