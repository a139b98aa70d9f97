"""What a recording is called after its content.

The id is DVC's of a folder: the MD5 of a list of its files, with their MD5s, and ".dir". It is the one
that `layerwatt data add` and `dvc add` record for the same folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from typing import Dict, List, NamedTuple, Tuple

from .._errors import DatasetError, UnsupportedError

_CHUNK = 1 << 20
#: What DVC never tracks.
_NEVER = {".git", ".hg", ".dvc"}


class File(NamedTuple):
    """A file of a recording."""

    #: Below the recording's folder, with '/'.
    path: str
    md5: str


class Found(NamedTuple):
    """A file as it lies on a disk."""

    path: str
    size: int
    mtime_ns: int
    inode: int


def md5_of(path: str) -> str:
    """Of a file's bytes."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb", buffering=0) as file:
        while True:
            piece = file.read(_CHUNK)
            if not piece:
                return digest.hexdigest()
            digest.update(piece)


def listing_of(files: List[File]) -> str:
    """The list as DVC writes it, in the order of the paths' bytes."""
    ordered = sorted(files, key=lambda file: os.fsencode(file.path))
    return json.dumps([{"md5": file.md5, "relpath": file.path} for file in ordered])


def id_of(listing: str) -> str:
    """The id of the folder that has this list."""
    return hashlib.md5(listing.encode("ascii"), usedforsecurity=False).hexdigest() + ".dir"


def _checked(path: object, where: str) -> str:
    """A path that stays below its folder."""
    if not isinstance(path, str) or not path or "\0" in path:
        raise DatasetError(f"{where}: an entry has no 'relpath'")
    parts = path.split("/")
    if path.startswith("/") or any(part in ("", ".", "..") for part in parts):
        raise DatasetError(f"{where}: '{path}' does not stay below its folder")
    return path


def files_of(listing: str, where: str = "the folder's list") -> List[File]:
    """What a list holds. DatasetError where it is none of DVC's."""
    try:
        entries = json.loads(listing)
    except ValueError as error:
        raise DatasetError(f"{where} is no JSON: {error}") from error
    if not isinstance(entries, list):
        raise DatasetError(f'{where} is no array; DVC writes [{{"md5": …}}]')
    files = []
    for entry in entries:
        md5 = entry.get("md5") if isinstance(entry, dict) else None
        if not isinstance(md5, str) or len(md5) != 32 or not set(md5) <= set("0123456789abcdef"):
            raise DatasetError(f"{where}: an entry's 'md5' is no MD5")
        files.append(File(_checked(entry.get("relpath"), where), md5))
    return files


def scan(folder: str) -> List[Found]:
    """The files that DVC tracks in a folder: links inside it followed, those to folders left out.

    UnsupportedError, with the path, for what DVC refuses: links that lead out or nowhere, pipes.
    """
    root = os.path.realpath(folder)
    found: List[Found] = []

    def take(path: str, below: str, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise UnsupportedError(f"{path}: neither file nor folder; move it elsewhere", path)
        try:
            below.encode("utf-8")
        except UnicodeEncodeError:
            raise UnsupportedError(f"{path!r}: the name is no UTF-8; rename it", path) from None
        found.append(Found(below, status.st_size, status.st_mtime_ns, status.st_ino))

    def walk(here: str, below: str) -> None:
        with os.scandir(here) as entries:
            for entry in entries:
                if entry.name in _NEVER:
                    continue
                name = below + entry.name
                if entry.is_symlink():
                    target = os.path.realpath(entry.path)
                    if not target.startswith(root + os.sep):
                        raise UnsupportedError(
                            f"{entry.path}: the symbolic link leads out of the folder; copy what "
                            "it leads to",
                            entry.path,
                        )
                    if os.path.isdir(target):
                        continue
                    if not os.path.exists(target):
                        raise UnsupportedError(
                            f"{entry.path}: the symbolic link leads nowhere; remove it", entry.path
                        )
                    take(entry.path, name, os.stat(target))
                elif entry.is_dir(follow_symlinks=False):
                    walk(entry.path, name + "/")
                else:
                    take(entry.path, name, entry.stat(follow_symlinks=False))

    walk(folder, "")
    return sorted(found, key=lambda file: os.fsencode(file.path))


def hashed(folder: str, found: List[Found]) -> List[File]:
    """The same with their MD5s: reads every byte."""
    return [File(one.path, md5_of(os.path.join(folder, one.path))) for one in found]


def signature_of(found: List[Found]) -> str:
    """Tells whether files are those of an earlier look, without reading them."""
    digest = hashlib.sha256()
    for one in found:
        digest.update(f"{one.path}\0{one.size}\0{one.mtime_ns}\0{one.inode}\0".encode())
    return digest.hexdigest()[:32]


def differences(listed: List[File], there: List[File]) -> List[str]:
    """What of a recording is not as listed, each in words."""
    wanted: Dict[str, str] = {file.path: file.md5 for file in listed}
    got: Dict[str, str] = {file.path: file.md5 for file in there}
    pairs: List[Tuple[str, str]] = []
    pairs += [(path, "is not there") for path in wanted.keys() - got.keys()]
    pairs += [(path, "is not in the manifest's list") for path in got.keys() - wanted.keys()]
    pairs += [
        (path, f"has MD5 {got[path]}, listed is {md5}")
        for path, md5 in wanted.items()
        if got.get(path, md5) != md5
    ]
    return [f"{path} {what}" for path, what in sorted(pairs)]
