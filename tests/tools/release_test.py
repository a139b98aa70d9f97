"""Tests of scripts/release.sh --check, in a repository that is made for each of them."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts/release"))
import check_release  # noqa: E402
import links  # noqa: E402

SOUND = {
    "CMakeLists.txt": "cmake_minimum_required(VERSION 3.22)\nproject(layerwatt\n  VERSION 1.2.3\n  LANGUAGES CXX)\n",
    "python/pyproject.toml": '[project]\nname = "layerwatt"\nversion = "1.2.3"\n',
    "src/report/page/package.json": '{\n  "name": "page",\n  "version": "1.2.3"\n}\n',
    "tests/report/page/package.json": '{\n  "name": "tests",\n  "version": "1.2.3"\n}\n',
    "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-11-20\n\n### Added\n\n- All.\n\n"
                    "## 1.2.2 - 2026-01-01\n\n- Less.\n",
    "README.md": "# It\n\n```\ntar xf layerwatt-1.2.3-linux-amd64.tar.gz\n```\n\nSee [docs](docs/a.md#two-words), "
                 "[itself](#it) and <https://example.org/there>.\n",
    "docs/a.md": "# A\n\n## Two `words`\n\n[up](../README.md)\n\n`find_package(layerwatt 1.2 REQUIRED)`\n\n"
                 "`[no link](nowhere.md)`\n\n```\n[no link](nowhere.md)\n```\n",
    "deploy/Dockerfile": "ARG NAME=layerwatt-1.2.3-linux-arm64\n",
}
DAY = "2026-11-20T12:00:00+00:00"


def git(folder, *words):
    environment = {**os.environ, "GIT_AUTHOR_DATE": DAY, "GIT_COMMITTER_DATE": DAY, "GIT_CONFIG_GLOBAL": "/dev/null",
                   "GIT_CONFIG_SYSTEM": "/dev/null"}
    subprocess.run(["git", "-C", folder, "-c", "user.name=T", "-c", "user.email=t@localhost", *words], check=True,
                   env=environment, capture_output=True)


class Release(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        shutil.copytree(ROOT / "scripts/release", self.folder / "scripts/release",
                        ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "scripts/release.sh", self.folder / "scripts/release.sh")
        git(self.folder, "init", "--quiet")

    def check(self, changes=None, *, tag="v1.2.3", words=()):
        """Exit code and what was said, of a tree that is sound but for `changes`: file to text, None for no file."""
        for name, text in {**SOUND, **(changes or {})}.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(text, encoding="utf-8")
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "-m", "all")
        git(self.folder, "tag", "--force", "-a", tag, "-m", tag)
        done = subprocess.run([self.folder / "scripts/release.sh", "--check", *words, tag], capture_output=True,
                              text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def refuses(self, changes, *parts, tag="v1.2.3"):
        code, said = self.check(changes, tag=tag)
        self.assertEqual(code, 1, said)
        for part in parts:
            self.assertIn(part, said)

    def test_a_sound_tree_passes_and_outside_addresses_are_listed(self):
        code, said = self.check()
        self.assertEqual(code, 0, said)
        self.assertIn("0 faults", said)
        self.assertIn("outside, not asked for: https://example.org/there (README.md:7)", said)
        self.assertFalse((self.folder / "build").exists(), "nothing is built")

    def test_what_lies_about_unnoticed_by_the_tag_does_not_count(self):
        self.check()
        (self.folder / "CHANGELOG.md").write_text("# Changelog\n")
        done = subprocess.run([self.folder / "scripts/release.sh", "--check", "v1.2.3"], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_tags(self):
        self.check()
        done = subprocess.run([self.folder / "scripts/release.sh", "--check", "v9.9.9"], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no tag 'v9.9.9'", done.stderr)
        self.refuses({}, "v and three numbers", tag="1.2.3")
        self.assertEqual(subprocess.run([self.folder / "scripts/release.sh"], capture_output=True,
                                        check=False).returncode, 2)

    def test_each_place_of_the_version(self):
        for name in ("CMakeLists.txt", "python/pyproject.toml", "src/report/page/package.json",
                     "tests/report/page/package.json", "README.md", "deploy/Dockerfile"):
            with self.subTest(name):
                self.refuses({name: SOUND[name].replace("1.2.3", "1.2.2")}, f"{name}:", "1.2.2", "the tag says 1.2.3")
        self.refuses({"docs/a.md": SOUND["docs/a.md"].replace("layerwatt 1.2 ", "layerwatt 1.1 ")},
                     "docs/a.md:7: asks for layerwatt 1.1")
        self.refuses({"python/pyproject.toml": None}, "python/pyproject.toml: is missing")
        self.refuses({"CMakeLists.txt": "project(other)\n"}, "the project's version is not found")

    def test_the_changelog(self):
        def with_log(old, new):
            return {"CHANGELOG.md": SOUND["CHANGELOG.md"].replace(old, new)}

        self.refuses(with_log("## 1.2.3 - 2026-11-20", "## 1.2.3"), "CHANGELOG.md:5: 1.2.3 has no date")
        self.refuses(with_log("2026-11-20", "2026-13-20"), "has no date")
        self.refuses(with_log("2026-11-20", "2026-11-21"), "after the tag's own, 2026-11-20")
        self.refuses(with_log("## 1.2.3 - 2026-11-20", "## 1.2.4 - 2026-11-20"), "has no section '## 1.2.3 - ")
        self.refuses(with_log("### Added\n\n- All.\n", ""), "CHANGELOG.md:5: says nothing of 1.2.3")
        self.refuses(with_log("## Unreleased\n", "## Unreleased\n\n- More.\n"), "CHANGELOG.md:3: says of changes")
        self.refuses(with_log("## 1.2.3", "## 1.3.0 - 2026-11-20\n\n- More.\n\n## 1.2.3"), "the newest section is of 1.3.0")
        self.refuses({"CHANGELOG.md": None}, "CHANGELOG.md: is missing")

    def test_links(self):
        def with_link(link):
            return {"docs/a.md": SOUND["docs/a.md"] + link + "\n"}

        self.refuses(with_link("[x](b.md)"), "docs/a.md:14: 'b.md' leads to docs/b.md, which is not there")
        self.refuses(with_link("[x](../README.md#that)"), "README.md has no heading '#that'")
        self.refuses(with_link("[x](#b)"), "docs/a.md has no heading '#b'")
        self.refuses(with_link("[x](../../elsewhere.md)"), "leads out of the project")
        self.refuses(with_link('<img src="images/a.png">'), "leads to docs/images/a.png")
        self.refuses(with_link("[x]: c.md"), "leads to docs/c.md")


class Links(unittest.TestCase):
    def test_all_forms_are_found_and_code_is_none(self):
        text = ("[a](a.md) ![b](b.png \"title\") [`c`](c.md#d) [![e](e.png)](f.md) <https://g.org>\n"
                "[h]: i.md\n<a href=\"j.md\">j</a> `[k](k.md)`\n~~~\n[l](l.md)\n~~~\n")
        self.assertEqual([target for _, target in links.links_of(text)],
                         ["a.md", "b.png", "c.md#d", "f.md", "https://g.org", "i.md", "j.md"])

    def test_anchors_are_those_that_pages_get(self):
        text = "# One, *two* & `three`\n## Twice\n## Twice\n### [Linked](x.md): α_β\n```\n# none\n```\n<a id=\"own\"></a>\n"
        self.assertEqual(links.anchors_of(text), {"one-two--three", "twice", "twice-1", "linked-α_β", "own"})


class Online(unittest.TestCase):
    def test_an_address_that_does_not_answer_is_a_fault(self):
        # Nothing listens on the discard port here.
        self.assertIsNotNone(check_release.ask_for("http://127.0.0.1:9/"))
        self.assertIsNotNone(check_release.ask_for("http://"))


class Program(unittest.TestCase):
    def test_a_build_of_another_version_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "layerwatt"
            program.write_text("#!/bin/sh\n[ $1 = --version ] && echo layerwatt $VERSION && exit\n"
                               "echo \".TH LAYERWATT 1 2026 'layerwatt $PAGES'\" >$3/layerwatt.1\n")
            program.chmod(0o755)
            for version, pages, faults in (("1.2.3", "1.2.3", 0), ("1.2.2", "1.2.3", 1), ("1.2.3", "1.2.2", 1)):
                os.environ.update(VERSION=version, PAGES=pages)
                found = check_release.Faults()
                check_release.check_program(str(program), "1.2.3", found)
                self.assertEqual(found.count, faults, (version, pages))


if __name__ == "__main__":
    unittest.main()
