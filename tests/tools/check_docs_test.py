"""Tests of tests/tools/check_docs.py."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_docs  # noqa: E402

LONG = " ".join(["word"] * 40)


class CheckDocs(unittest.TestCase):
    def test_finds_a_long_line_of_prose_alone(self):
        lines = ["# Title", "", LONG, "", "| " + LONG + " |", "```", LONG, "```", "https://x.org " + LONG, "- " + LONG]
        self.assertEqual(check_docs.long_lines(lines), [2, 9])

    def test_counts_characters_and_not_bytes(self):
        self.assertEqual(check_docs.long_lines(["µ" * 140]), [])
        self.assertEqual(check_docs.long_lines(["µ" * 141]), [0])

    def test_fills_the_paragraph_and_leaves_the_others(self):
        lines = ["short", "and ragged", "", "- " + LONG, "  and on", "- next", "", "| " + LONG + " |"]
        wrapped = check_docs.wrap(lines)
        self.assertEqual(check_docs.long_lines(wrapped), [])
        self.assertEqual(wrapped[:3], lines[:3])
        self.assertTrue(wrapped[3].startswith("- word"))
        self.assertTrue(wrapped[4].startswith("  word"))
        self.assertEqual(wrapped[-3:], lines[-3:])
        self.assertEqual(" ".join(" ".join(wrapped).split()), " ".join(" ".join(lines).split()))

    def test_breaks_neither_code_nor_where_a_list_would_begin(self):
        words = ["word"] * 27 + ["`some", "code", "here`", "-", "5"]
        for line in check_docs.fill(words, "", "")[1:]:
            self.assertFalse(line.startswith("- "))
        self.assertIn("`some code here`", "\n".join(check_docs.fill(words, "", "")))

    def test_names_file_and_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.md"
            path.write_text("fine\n")
            self.assertEqual(check_docs.main(["check_docs.py", folder]), 0)
            path.write_text(LONG + "\n")
            self.assertEqual(check_docs.main(["check_docs.py", folder]), 1)
            self.assertEqual(check_docs.main(["check_docs.py", "--wrap", folder]), 0)
            self.assertEqual(path.read_text().split(), LONG.split())


if __name__ == "__main__":
    unittest.main()
