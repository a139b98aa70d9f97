#!/usr/bin/env python3
"""Checks that no file of the repository names the host of a package registry.

Usage: check_hosts.py [ROOT]

Packages are asked for by name, through the client that each machine has set up (apt, pip, npm), so that
mirrors and air-gapped sites work. Prints one line a violation, "file:line: host".
"""

import os
import pathlib
import subprocess
import sys

# In parts, or this file would name them itself.
HOSTS = [".".join(parts) for parts in (
    ("registry", "npmjs", "org"), ("registry", "yarnpkg", "com"),
    ("pypi", "org"), ("files", "pythonhosted", "org"),
    ("crates", "io"), ("proxy", "golang", "org"),
    ("repo1", "maven", "org"), ("repo", "maven", "apache", "org"),
    ("deb", "debian", "org"), ("security", "debian", "org"), ("snapshot", "debian", "org"),
    ("archive", "ubuntu", "com"), ("ports", "ubuntu", "com"), ("security", "ubuntu", "com"),
    ("repo", "download", "nvidia", "com"), ("api", "nuget", "org"), ("rubygems", "org"),
)]
SKIPPED_FOLDERS = {".git", "build", ".cache", "__pycache__"}


def files_of(root):
    """What git would commit; without git, all files outside of build folders."""
    try:
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=True).stdout
        return [root / name for name in listed.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
            found.extend(pathlib.Path(folder) / name for name in names)
        return found


def check_file(path):
    wanted = [host.encode() for host in HOSTS]
    try:
        content = path.read_bytes().lower()
    except OSError:
        return  # deleted, or a dangling link
    if not any(host in content for host in wanted):
        return
    for number, line in enumerate(content.split(b"\n"), start=1):
        for host in wanted:
            if host in line:
                yield f"{path}:{number}: names the registry host {host.decode()}"


def main(arguments):
    here = pathlib.Path(__file__).resolve().parents[2]
    root = pathlib.Path(arguments[1]) if len(arguments) > 1 else here
    files = files_of(root)
    faults = [fault for path in sorted(files) for fault in check_file(path)]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(files)} files, {len(faults)} names of registry hosts")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
