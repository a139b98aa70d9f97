"""Every Python snippet of the documentation runs, in order, a page in one namespace and one folder.

LAYERWATT_DOCS names the project's folder. Snippets speak of the machine's sensor; here it is a virtual one.
"""

import io
import os
import re
import tempfile
import unittest
from contextlib import redirect_stdout

import layerwatt as lw

ROOT = os.environ["LAYERWATT_DOCS"]
PAGES = ["docs/python.md", "README.md"]
SNIPPET = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Documentation(unittest.TestCase):
    def test_snippets_run(self):
        ran = 0
        for page in PAGES:
            with open(os.path.join(ROOT, page), encoding="utf-8") as file:
                text = file.read()
            namespace = {}
            before = os.getcwd()
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                try:
                    for match in SNIPPET.finditer(text):
                        line = text.count("\n", 0, match.start()) + 2
                        code = compile("\n" * (line - 1) + match.group(1), page, "exec")
                        with redirect_stdout(io.StringIO()):
                            exec(code, namespace)
                        ran += 1
                finally:
                    os.chdir(before)
        self.assertGreater(ran, 5)


if __name__ == "__main__":
    unittest.main()
