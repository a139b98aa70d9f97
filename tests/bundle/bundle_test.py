#!/usr/bin/env python3
"""Tries a portable bundle as people would: unpacked in odd places, installed and taken away again, in a root without
any C library, beside an older and a newer one, with a stand-in for a vendor's library.

Usage: bundle_test.py BUNDLE.tar.gz [--old-root FOLDER] [--new-root FOLDER]

The roots are trees of an older and a newer Debian of the bundle's processor (scripts/test_bundle.sh makes them); tests
that have none are skipped. Roots are entered in namespaces of their own: this machine stays as it is. A bundle for
64-bit Arm runs under qemu-aarch64-static, which a namespace's own binfmt_misc knows, as on a Cortex-A57.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPTIONS = None
LARGEST = 60e6  # bytes, compressed

# How the kernel knows a program of 64-bit Arm, and with which emulator it starts it. F: opened now, so that it is found
# in a root that does not have it.
BINFMT = (rb":qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
          rb":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
          rb":/usr/bin/qemu-aarch64-static:F")
REGISTER = r"""
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc && printf '%s' "$LAYERWATT_BINFMT" >/proc/sys/fs/binfmt_misc/register || exit 1
"""


# What a kernel for 64-bit Arm says of its processors: here a Cortex-A57, as TX2 and Nano have it. The qemu-user of Debian
# 12 (7.2) passes this machine's own on, in which ONNX Runtime's list of processors finds none of its kind: then it reads
# at address 0 while the library is loaded.
PROCESSOR = """processor\t: {number}
BogoMIPS\t: 62.50
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x1
CPU part\t: 0xd07
CPU revision\t: 1

"""
SHOW_PROCESSORS = 'mount --bind "$LAYERWATT_CPUINFO" /proc/cpuinfo || exit 1\n'


def is_arm():
    return "linux-arm64" in OPTIONS.bundle.name


def name_of_bundle():
    return OPTIONS.bundle.name.removesuffix(".tar.gz")


def unpack(folder):
    with tarfile.open(OPTIONS.bundle) as tar:
        tar.extractall(folder)
    return folder / name_of_bundle()


def run(words, root=None, cwd=None, environment=None, timeout=600):
    """Runs `words`; in `root` with /proc and /sys, where one is given. Returns (exit code, all output)."""
    clean = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/tmp", "LC_ALL": "C"}
    clean.update(environment or {})
    if is_arm():
        # Emulated, each instruction is that of the processor that is shown.
        clean["QEMU_CPU"] = "cortex-a57"
        clean["LAYERWATT_CPUINFO"] = str(OPTIONS.cpuinfo)
    if root or is_arm():
        clean["LAYERWATT_BINFMT"] = BINFMT.decode("latin-1")
        script = REGISTER + SHOW_PROCESSORS if is_arm() else ""
        if root:
            script += 'mount --rbind /proc "$ROOT/proc" && mount --rbind /sys "$ROOT/sys" || exit 1\n'
            script += 'exec chroot "$ROOT" "$@"\n'
            clean["ROOT"] = str(root)
        else:
            script += 'exec "$@"\n'
        own = ["unshare", "--mount", *(["--user", "--map-root-user"] if is_arm() else [])]
        words = [*own, "sh", "-c", script, "sh", *map(str, words)]
    done = subprocess.run(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd=cwd, env=clean, timeout=timeout)
    return done.returncode, done.stdout


class BundleTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.scratch = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="bundle test ")))

    def succeed(self, words, **where):
        code, output = run(words, **where)
        self.assertEqual(code, 0, output)
        return output

    def a_root(self, source=None):
        """An empty root, or a copy of `source` whose files are links, with the bundle unpacked in /opt."""
        root = self.scratch / "root"
        if source:
            subprocess.run(["cp", "-a", "--reflink=auto", f"{source}/.", root], check=True)
        for folder in ("proc", "sys", "tmp", "opt"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        unpack(root / "opt")
        return root

    def measure_in(self, root, environment=None):
        """The way from the board to the report, on a virtual board."""
        command = f"/opt/{name_of_bundle()}/bin/layerwatt"
        board = ["--sensor", "virtual:orin-nano"]

        def ask(*words):
            return self.succeed([command, *words], root=root, environment=environment)

        self.assertIn("layerwatt", ask("--version"))
        ask("sensors")
        self.assertIn("VIRTUAL", ask("measure", "lenet", *board, "--schedule", "weighing", "--runs", "1",
                                     "--duration", "5s", "--result-dir", "/tmp/raw").upper())
        ask("map", "--raw-data-dir", "/tmp/raw", "--result-dir", "/tmp/mapped")
        self.assertTrue(any((root / "tmp/mapped/lenet").glob("*.csv")))
        ask("report", "/tmp/raw/lenet", "-o", "/tmp/page.html", "--png", "/tmp/picture.png")
        page = (root / "tmp/page.html").read_text(encoding="utf-8")
        self.assertIn("echarts", page.lower())
        picture = (root / "tmp/picture.png").read_bytes()
        self.assertTrue(picture.startswith(b"\x89PNG"))

    # What is inside.

    def test_sums_hold_and_the_list_names_every_file(self):
        folder = unpack(self.scratch)
        sums = dict(reversed(line.split("  ", 1)) for line in (folder / "SHA256SUMS").read_text().splitlines())
        files = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
        self.assertEqual(files - set(sums), {"SHA256SUMS"})
        for path, value in sums.items():
            self.assertEqual(hashlib.sha256((folder / path).read_bytes()).hexdigest(), value, path)
        listing = json.loads((folder / "share/doc/layerwatt/layerwatt.spdx.json").read_text())
        listed = {file["fileName"].removeprefix("./") for file in listing["files"]}
        self.assertEqual(files - listed, {"SHA256SUMS", "share/doc/layerwatt/layerwatt.spdx.json"})
        known = {package["name"] for package in listing["packages"]}
        self.assertLessEqual({"layerwatt", "libc6", "onnxruntime", "libonnx1", "libcli11-dev", "echarts"}, known)
        beside = OPTIONS.bundle.with_name(name_of_bundle() + ".spdx.json")
        self.assertEqual(beside.read_text(), (folder / "share/doc/layerwatt/layerwatt.spdx.json").read_text())

    def test_the_list_is_valid_spdx(self):
        try:
            from spdx_tools.spdx.parser.parse_anything import parse_file
            from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
        except ImportError:
            self.skipTest("spdx-tools is not installed for this Python")
        document = parse_file(str(OPTIONS.bundle.with_name(name_of_bundle() + ".spdx.json")))
        faults = validate_full_spdx_document(document)
        self.assertEqual([fault.validation_message[:300] for fault in faults[:5]], [])

    def test_names_times_and_owners_are_the_same_everywhere(self):
        with tarfile.open(OPTIONS.bundle) as tar:
            entries = tar.getmembers()
        self.assertEqual({(e.uid, e.gid, e.uname, e.gname) for e in entries}, {(0, 0, "root", "root")})
        self.assertEqual(len({e.mtime for e in entries}), 1)
        self.assertEqual([e.name for e in entries], sorted(e.name for e in entries))
        self.assertEqual(OPTIONS.bundle.read_bytes()[4:8], b"\0\0\0\0")
        self.assertLess(OPTIONS.bundle.stat().st_size, LARGEST)

    def test_nothing_of_this_checkout_is_named(self):
        folder = unpack(self.scratch)
        for file in folder.rglob("*"):
            if file.is_file():
                self.assertNotIn(str(ROOT).encode(), file.read_bytes(), file)

    # Where it runs.

    def test_runs_from_a_folder_with_a_space_and_by_a_link(self):
        folder = unpack(self.scratch / "two words")
        link = self.scratch / "layerwatt"
        link.symlink_to(folder / "bin/layerwatt")
        for loader in ({"LAYERWATT_LOADER": "bundle"}, {}):
            self.assertIn("layerwatt", self.succeed([link, "--version"], environment=loader))
            self.succeed([link, "doctor", "--no-self-test", "--sensor", "virtual:orin-nano"], environment=loader)
        raw = self.scratch / "raw data"
        self.succeed([link, "measure", "lenet", "--sensor", "virtual:orin-nano", "--runs", "20", "--result-dir", raw])
        self.succeed([link, "report", raw / "lenet", "-o", raw / "page.html"])

    def test_steps_of_a_campaign_and_programs_start_it_again(self):
        folder = unpack(self.scratch)
        campaign = self.scratch / "campaign.yaml"
        campaign.write_text("networks: [lenet]\nsettings:\n  - {sensor: virtual:orin-nano, runs: 20}\nresult-dir: results\n", encoding="utf-8")
        self.succeed([folder / "bin/layerwatt", "experiment", campaign],
                     cwd=self.scratch, environment={"LAYERWATT_LOADER": "bundle"})

    def test_says_what_is_amiss(self):
        folder = unpack(self.scratch)
        code, output = run([folder / "bin/layerwatt", "--version"], environment={"LAYERWATT_LOADER": "mine"})
        self.assertEqual(code, 1)
        self.assertIn("known are bundle and system", output)
        alone = self.scratch / "alone/bin"
        alone.mkdir(parents=True)
        shutil.copy(folder / "bin/layerwatt", alone)
        (alone / "layerwatt").chmod(0o755)
        code, output = run([alone / "layerwatt", "--version"])
        self.assertEqual(code, 1)
        self.assertIn("belong together", output)
        colon = self.scratch / "a:b"
        folder.rename(colon)
        code, output = run([colon / "bin/layerwatt", "--version"])
        self.assertEqual(code, 1)
        self.assertIn("no ':' or ';'", output)

    def test_runs_where_there_is_nothing_else(self):
        self.measure_in(self.a_root())

    def test_runs_beside_an_older_c_library(self):
        if not OPTIONS.old_root:
            self.skipTest("no tree of an older Debian (--old-root)")
        root = self.a_root(OPTIONS.old_root)
        self.measure_in(root)
        self.add_vendor_library(root, newer=False)
        self.assertIn("Test GPU", self.sensors_of(root))

    def test_runs_beside_a_newer_c_library_and_loads_what_needs_it(self):
        if not OPTIONS.new_root:
            self.skipTest("no tree of a newer Debian (--new-root)")
        root = self.a_root(OPTIONS.new_root)
        self.measure_in(root)
        self.add_vendor_library(root, newer=True)
        self.assertIn("Test GPU", self.sensors_of(root))
        # What would be without the choice.
        output = self.sensors_of(root, {"LAYERWATT_LOADER": "bundle"})
        self.assertIn("cannot be loaded", output)
        self.assertIn("GLIBC_2.38", output)

    def sensors_of(self, root, environment=None):
        return self.succeed([f"/opt/{name_of_bundle()}/bin/layerwatt", "sensors"], root=root, environment=environment)

    def add_vendor_library(self, root, newer):
        """A stand-in of NVML where a driver puts it; a newer one needs a function of glibc 2.38."""
        compiler = "aarch64-linux-gnu-g++" if is_arm() else "g++"
        triplet = "aarch64-linux-gnu" if is_arm() else "x86_64-linux-gnu"
        place = root / "usr/lib" / triplet / "libnvidia-ml.so.1"
        words = [compiler, "-shared", "-fPIC", "-U_FORTIFY_SOURCE", "-O1", "-o", place, ROOT / "tests/sensors/fake_nvml.cpp"]
        if newer:
            work = self.scratch / "newer"
            work.mkdir()
            (work / "libc.cpp").write_text('extern "C" { int strlcpy() { return 0; } }\n')
            (work / "libc.map").write_text("GLIBC_2.38 { global: strlcpy; };\n")
            (work / "uses.cpp").write_text('extern "C" int strlcpy(); int (*standin_uses)() = strlcpy;\n')
            subprocess.run([compiler, "-shared", "-fPIC", "-nostdlib", "-Wl,-soname,libc.so.6",
                            f"-Wl,--version-script={work}/libc.map", "-o", work / "libc.so.6", work / "libc.cpp"], check=True)
            words += [work / "uses.cpp", "-Wl,--no-as-needed", work / "libc.so.6"]
        subprocess.run(words, check=True)

    # Installing.

    def test_is_installed_and_taken_away(self):
        folder = unpack(self.scratch)
        prefix = self.scratch / "pre fix"
        (prefix / "bin").mkdir(parents=True)
        (prefix / "bin/other").write_text("kept")
        self.succeed([folder / "install.sh", "--prefix", prefix])
        self.assertIn("layerwatt", self.succeed([prefix / "bin/layerwatt", "--version"]))
        self.assertTrue((prefix / "share/man/man1/layerwatt-measure.1.gz").exists())
        # Again, over itself.
        self.succeed([folder / "install.sh", "--prefix", prefix])
        self.succeed([folder / "install.sh", "--uninstall", "--prefix", prefix])
        self.assertEqual([str(p.relative_to(prefix)) for p in prefix.rglob("*") if not p.is_dir()], ["bin/other"])
        self.assertEqual([p.name for p in prefix.iterdir()], ["bin"])
        code, output = run([folder / "install.sh", "--uninstall", "--prefix", prefix])
        self.assertEqual(code, 1)
        self.assertIn("nothing was installed", output)

    def test_installing_replaces_nobody_elses_files(self):
        folder = unpack(self.scratch)
        prefix = self.scratch / "prefix"
        (prefix / "bin").mkdir(parents=True)
        (prefix / "bin/layerwatt").write_text("another one")
        code, output = run([folder / "install.sh", "--prefix", prefix])
        self.assertEqual(code, 1)
        self.assertIn("--force", output)
        self.assertEqual((prefix / "bin/layerwatt").read_text(), "another one")
        self.assertFalse((prefix / "lib").exists())
        self.succeed([folder / "install.sh", "--force", "--prefix", prefix])

    def test_a_damaged_bundle_is_not_installed(self):
        folder = unpack(self.scratch)
        with open(folder / "share/doc/layerwatt/copyright", "a", encoding="utf-8") as file:
            file.write("x")
        code, output = run([folder / "install.sh", "--prefix", self.scratch / "prefix"])
        self.assertEqual(code, 1)
        self.assertIn("unpack it anew", output)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--old-root", type=pathlib.Path)
    parser.add_argument("--new-root", type=pathlib.Path)
    parser.add_argument("-k", action="append", default=[], metavar="WORD", help="tests whose name holds WORD alone")
    global OPTIONS
    OPTIONS = parser.parse_args()
    holder = tempfile.TemporaryDirectory()
    OPTIONS.cpuinfo = pathlib.Path(holder.name) / "cpuinfo"
    OPTIONS.cpuinfo.write_text("".join(PROCESSOR.format(number=n) for n in range(os.cpu_count())), encoding="ascii")
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{word}*" for word in OPTIONS.k] or None
    result = unittest.TextTestRunner(verbosity=2).run(loader.loadTestsFromTestCase(BundleTest))
    for test, reason in result.skipped:
        print(f"skipped: {re.sub(' .*', '', str(test))}: {reason}")
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad - len(result.skipped)} passed, {bad} failed")
    sys.exit(bad != 0)


if __name__ == "__main__":
    main()
