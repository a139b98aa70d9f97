"""Where the libraries of a bundle come from: Debian's packages, of this machine or of a folder that
scripts/make_aarch64_sysroot.sh filled."""

import collections
import pathlib
import re
import subprocess

Package = collections.namedtuple("Package", "name version source source_version architecture copyright")


class NotFound(Exception):
    """A file that should be there is not; the text says what to do."""


def source_of(control):
    """(name, version) of the source package, from the fields of a binary one."""
    name, version = control["Package"], control["Version"]
    source = re.fullmatch(r"(\S+)(?: \((\S+)\))?", control.get("Source", name))
    # "+b1" counts rebuilds of the same source.
    return source[1], source[2] or re.sub(r"\+b\d+$", "", version)


class SystemPackages:
    """The root of a Debian system, and which package has which of its files."""

    def __init__(self, root, triplet, architecture):
        self.root = pathlib.Path(root)
        self.architecture = architecture
        self.folders = [self.root / "usr/lib" / triplet, self.root / "lib" / triplet]
        self.found = {}

    def file(self, path):
        """The file behind `path` of the system, links followed within its root."""
        place = self.root / path.lstrip("/")
        for _ in range(20):
            if not place.is_symlink():
                break
            target = place.readlink()
            place = self.root / str(target).lstrip("/") if target.is_absolute() else place.parent / target
        if not place.is_file():
            raise NotFound(f"{place} is not there: scripts/install_dependencies.sh build, or the sysroot is incomplete")
        return place

    def library(self, soname):
        for folder in self.folders:
            if (folder / soname).exists() or (folder / soname).is_symlink():
                return self.file("/" + str((folder / soname).relative_to(self.root)))
        raise NotFound(f"{soname} is in none of {', '.join(map(str, self.folders))}")

    def package_of(self, file):
        path = "/" + str(pathlib.Path(file).resolve().relative_to(self.root.resolve()))
        # Since /lib is a link to /usr/lib, a package may name either.
        for name in (path, path.removeprefix("/usr"), "/usr" + path):
            package = self._owner(name)
            if package:
                return self.package(package)
        raise NotFound(f"{file} belongs to no package of Debian: its licence is not known, so it cannot be passed on")

    def package(self, name):
        if name not in self.found:
            control = self._control(name)
            copyright = self.file(f"/usr/share/doc/{name}/copyright")
            source, source_version = source_of(control)
            self.found[name] = Package(name, control["Version"], source, source_version, self.architecture, copyright)
        return self.found[name]


class InstalledPackages(SystemPackages):
    """Those of this machine."""

    def __init__(self):
        ask = ["dpkg-architecture", "-qDEB_HOST_MULTIARCH"]
        super().__init__("/", subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip(), "amd64")

    def _owner(self, path):
        done = subprocess.run(["dpkg-query", "-S", path], capture_output=True, text=True)
        return done.stdout.split(":")[0] if done.returncode == 0 else None

    def _control(self, name):
        fields = "Package: ${Package}\nVersion: ${Version}\nSource: ${source:Package} (${source:Version})\n"
        done = subprocess.run(["dpkg-query", "-W", "-f", fields, name], capture_output=True, text=True)
        if done.returncode != 0:
            raise NotFound(f"package {name} is not installed: scripts/install_dependencies.sh build")
        # Of several architectures the first.
        return dict(line.split(": ", 1) for line in done.stdout.split("\n")[:3])


class SysrootPackages(SystemPackages):
    """Those that make_aarch64_sysroot.sh unpacked, with its notes in packages/."""

    def __init__(self, root):
        super().__init__(root, "aarch64-linux-gnu", "arm64")
        self.owners = {}
        for listing in sorted((self.root / "packages").glob("*.list")):
            for line in listing.read_text(encoding="utf-8").splitlines():
                if not line.endswith("/"):
                    self.owners[line] = listing.stem

    def _owner(self, path):
        return self.owners.get(path)

    def _control(self, name):
        file = self.root / "packages" / f"{name}.control"
        if not file.exists():
            raise NotFound(f"{file} is not there: add {name} to scripts/make_aarch64_sysroot.sh")
        return dict(line.split(": ", 1) for line in file.read_text(encoding="utf-8").splitlines())


def needed(file):
    """The sonames that a program or library names, in its order."""
    done = subprocess.run(["readelf", "--dynamic", "--wide", str(file)], check=True, capture_output=True, text=True)
    return re.findall(r"\(NEEDED\).*\[(.+)\]", done.stdout)
