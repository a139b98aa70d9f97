#!/usr/bin/env python3
"""Packs what scripts/make_bundle.sh built: puts the libraries beside the program, writes licences, the SPDX list
and checksums, and archives it all. The same input gives the same bytes: names are sorted, times are --epoch,
owners are root.

Writes OUTPUT/layerwatt-VERSION-linux-ARCH.tar.gz, and beside it .tar.gz.sha256 and .spdx.json.
"""

import argparse
import gzip
import hashlib
import io
import json
import pathlib
import shutil
import sys
import tarfile

import licences
import spdx
import system_packages

# A process that loads the board's libraries needs each part of one C library: these have all that programs of
# older ones ask for by name.
C_LIBRARY = ["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1", "libanl.so.1",
             "libresolv.so.2", "libnss_dns.so.2", "libnss_files.so.2"]
OF_PROCESSOR = {
    "amd64": {"triplet": "x86_64-linux-gnu", "loader": "ld-linux-x86-64.so.2", "c": ["libmvec.so.1"]},
    "arm64": {"triplet": "aarch64-linux-gnu", "loader": "ld-linux-aarch64.so.1", "c": []},
}
COMPILER = ["libstdc++.so.6", "libgcc_s.so.1"]
FONTS = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"]
FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<!-- For machines without fonts: the launcher names this file where /etc/fonts/fonts.conf is missing. -->
<fontconfig>
  <dir prefix="relative">.</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
</fontconfig>
"""
EXECUTABLE = {"bin/layerwatt", "lib/layerwatt/layerwatt", "install.sh"}


class Bundle:
    """A tree that grows, and which package each of its files is of."""

    def __init__(self, folder, packages, document):
        self.folder = folder
        self.packages = packages
        self.document = document
        self.owners = {}  # path within the bundle -> SPDX identifier
        self.known = {}  # package name -> SPDX identifier

    def put(self, file, path, owner):
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
        self.owners[path] = owner

    def write(self, text, path, owner):
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        self.owners[path] = owner

    def debian(self, package, how="CONTAINS"):
        """The SPDX identifier of a package of Debian, whose licence text goes along."""
        if package.name not in self.known:
            licence = licences.OF_SOURCE.get(package.source)
            if licence is None:
                raise system_packages.NotFound(
                    f"the licence of {package.source} (package {package.name}) is not known: read {package.copyright} "
                    "and add a row to scripts/bundle/licences.py")
            purl = f"pkg:deb/debian/{package.name}@{package.version}?arch={package.architecture}"
            comment = f"Debian's source package {package.source} {package.source_version}"
            known = self.document.add_package(
                package.name, package.version, licence, "Organization: Debian", purl, comment)
            self.document.contains(self.document.root, known, how)
            self.known[package.name] = known
            self.put(package.copyright, f"share/doc/layerwatt/licences/{package.name}", known)
        return self.known[package.name]

    def put_system_file(self, file, path):
        self.put(file, path, self.debian(self.packages.package_of(file)))


def add_libraries(bundle, processor):
    """All that the program and ONNX Runtime need, and what those need."""
    home = "lib/layerwatt"
    places = {name: "glibc" for name in C_LIBRARY + processor["c"] + [processor["loader"]]}
    places.update({name: "compiler" for name in COMPILER})
    waiting = list(places) + [name for file in ("layerwatt", "libonnxruntime.so.1")
                              for name in system_packages.needed(bundle.folder / home / file)]
    done = set()
    while waiting:
        name = waiting.pop()
        if name in done:
            continue
        done.add(name)
        file = bundle.packages.library(name)
        bundle.put_system_file(file, f"{home}/{places.get(name, 'lib')}/{name}")
        waiting += system_packages.needed(file)


def add_compiled_in(bundle, page_modules):
    """What the program and its page hold without a file of its own."""
    for name in licences.COMPILED_IN:
        bundle.debian(bundle.packages.package(name), "STATIC_LINK")
    lock = json.loads((page_modules.parent / "package-lock.json").read_text(encoding="utf-8"))
    for place, facts in sorted(lock["packages"].items()):
        if not place or facts.get("dev"):
            continue
        name = place.removeprefix("node_modules/")
        known = bundle.document.add_package(
            name, facts["version"], facts["license"], "NOASSERTION", f"pkg:npm/{name}@{facts['version']}")
        bundle.document.contains(bundle.document.root, known, "STATIC_LINK")
        text = sorted((page_modules / name).glob("LICENSE*"))
        if not text:
            raise system_packages.NotFound(f"{page_modules / name} has no LICENSE")
        bundle.put(text[0], f"share/doc/layerwatt/licences/{name}", known)


def add_onnxruntime(bundle, folder):
    library = folder / "lib/libonnxruntime.so.1"
    texts = [folder / "LICENSE", folder / "ThirdPartyNotices.txt"]
    for file in [library, *texts, folder / "SOURCES"]:
        if not file.exists():
            raise system_packages.NotFound(f"{file} is not there: scripts/fetch_onnxruntime.sh --force --arch")
    version = (folder / "SOURCES").read_text(encoding="utf-8").split("library:")[1].split("\n")[0].split()[-1]
    purl = f"pkg:pypi/onnxruntime@{version}"
    known = bundle.document.add_package("onnxruntime", version, "MIT", "Organization: Microsoft", purl)
    bundle.document.contains(bundle.document.root, known)
    bundle.put(library, "lib/layerwatt/libonnxruntime.so.1", known)
    for file in texts:
        bundle.put(file, f"share/doc/layerwatt/licences/onnxruntime-{file.name}", known)


def sums_of(folder, files):
    return "".join(f"{hashlib.sha256((folder / path).read_bytes()).hexdigest()}  {path}\n" for path in files)


def mode_of(path):
    return 0o755 if path in EXECUTABLE or path.startswith("lib/layerwatt/glibc/ld-linux") else 0o644


def archive(folder, name, epoch):
    """The bytes of the .tar.gz: the tree under `name`/, sorted."""
    files = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    folders = sorted({str(parent) for path in files for parent in pathlib.PurePath(path).parents if str(parent) != "."})
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path in sorted(["", *folders, *files]):
            is_file = path in set(files)
            entry = tarfile.TarInfo(f"{name}/{path}".rstrip("/"))
            entry.mtime = epoch
            entry.uname = entry.gname = "root"
            entry.type = tarfile.REGTYPE if is_file else tarfile.DIRTYPE
            entry.mode = mode_of(path) if is_file else 0o755
            if is_file:
                data = (folder / path).read_bytes()
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
            else:
                tar.addfile(entry)
    out = io.BytesIO()
    # As gzip -n: neither name nor time.
    with gzip.GzipFile(filename="", fileobj=out, mode="wb", compresslevel=9, mtime=0) as stream:
        stream.write(packed.getvalue())
    return out.getvalue()


def assemble(options):
    name = f"layerwatt-{options.version}-linux-{options.arch}"
    folder = options.work / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    processor = OF_PROCESSOR[options.arch]
    packages = (system_packages.SysrootPackages(options.sysroot) if options.sysroot
                else system_packages.InstalledPackages())
    document = spdx.SpdxDocument(name, options.version, options.epoch)
    bundle = Bundle(folder, packages, document)

    # What `cmake --install` put there, in its places of a bundle.
    moved = {"bin/layerwatt": "lib/layerwatt/layerwatt", "lib/udev/rules.d/": "share/layerwatt/udev/",
             "lib/systemd/system/": "share/layerwatt/systemd/",
             "share/zsh/vendor-completions/": "share/zsh/site-functions/"}
    for file in sorted(p for p in options.stage.rglob("*") if p.is_file()):
        path = str(file.relative_to(options.stage))
        for old, new in moved.items():
            if path.startswith(old):
                path = new + path.removeprefix(old)
        bundle.put(file, path, document.root)
    bundle.put(options.launcher, "bin/layerwatt", document.root)
    bundle.put(options.files / "install.sh", "install.sh", document.root)
    bundle.put(options.licence, "share/doc/layerwatt/LICENSE", document.root)
    readme = (options.files / "README").read_text(encoding="utf-8")
    bundle.write(readme.replace("@NAME@", name), "README", document.root)

    add_onnxruntime(bundle, options.onnxruntime)
    add_libraries(bundle, processor)
    add_compiled_in(bundle, options.page_modules)
    for font in FONTS:
        bundle.put_system_file(packages.file(f"/usr/share/fonts/truetype/dejavu/{font}"), f"share/layerwatt/fonts/{font}")
    bundle.write(FONTS_CONF, "share/layerwatt/fonts/fonts.conf", document.root)

    for path in sorted(bundle.owners):
        document.add_file(path, (folder / path).read_bytes(), bundle.owners[path])
    listing = document.text()
    bundle.write(listing, "share/doc/layerwatt/layerwatt.spdx.json", document.root)
    (folder / "SHA256SUMS").write_text(sums_of(folder, sorted(bundle.owners)), encoding="utf-8")

    options.output.mkdir(parents=True, exist_ok=True)
    data = archive(folder, name, options.epoch)
    file = options.output / f"{name}.tar.gz"
    file.write_bytes(data)
    file.with_name(file.name + ".sha256").write_text(f"{hashlib.sha256(data).hexdigest()}  {file.name}\n")
    (options.output / f"{name}.spdx.json").write_text(listing, encoding="utf-8")
    print(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    path = pathlib.Path
    parser.add_argument("--arch", choices=sorted(OF_PROCESSOR), required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--epoch", type=int, required=True, help="seconds since 1970, the time of every file")
    parser.add_argument("--stage", type=path, required=True, help="what cmake --install wrote")
    parser.add_argument("--launcher", type=path, required=True)
    parser.add_argument("--files", type=path, required=True, help="deploy/bundle")
    parser.add_argument("--licence", type=path, required=True, help="of layerwatt itself, whole")
    parser.add_argument("--onnxruntime", type=path, required=True, help="what fetch_onnxruntime.sh filled")
    parser.add_argument("--page-modules", type=path, required=True, help="node_modules of the report's page")
    parser.add_argument("--sysroot", type=path, help="arm64 packages; default: this machine's")
    parser.add_argument("--work", type=path, required=True)
    parser.add_argument("--output", type=path, required=True)
    try:
        assemble(parser.parse_args())
    except (system_packages.NotFound, OSError) as error:
        sys.exit(f"make_bundle: {error}")


if __name__ == "__main__":
    main()
