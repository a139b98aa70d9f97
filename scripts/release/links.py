"""Links of Markdown pages, and whether they lead anywhere."""

import pathlib
import re
import subprocess
import urllib.parse

FENCE = re.compile(r"\s*(```|~~~)")
INLINE = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*<?([^()\s<>]+(?:\([^()]*\))?)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)")
ATTRIBUTE = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"")
BARE = re.compile(r"<(https?://[^>\s]+)>")
CODE = re.compile(r"(`+)(?:(?!\1).)+?\1")
# As others published them.
FOREIGN = "tests/data/"


def pages_of(root):
    """What git knows or would add; in a tree without git every Markdown file."""
    listing = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "*.md"],
                             capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        names = sorted(set(listing.stdout.splitlines()))
    else:
        names = sorted(str(path.relative_to(root)) for path in root.rglob("*.md"))
    return [root / name for name in names if not name.startswith(FOREIGN) and (root / name).is_file()]


def lines_of(text):
    """(number from 1, line) outside of fenced code."""
    fence = None
    for number, line in enumerate(text.split("\n"), 1):
        mark = FENCE.match(line)
        if mark:
            fence = None if fence == mark[1] else fence or mark[1]
        elif fence is None:
            yield number, line


def links_of(text):
    """(line from 1, target) of each link."""
    for number, line in lines_of(text):
        without_code = CODE.sub(lambda code: " " * len(code[0]), line)
        # Code inside of a link's words is no code of its own: the link is found in the line as it stands.
        found = {match.start(1): match[1] for match in INLINE.finditer(line) if without_code[match.start(1)] != " "}
        for pattern in (REFERENCE, ATTRIBUTE, BARE):
            found.update({match.start(1): match[1] for match in pattern.finditer(without_code)})
        for _, target in sorted(found.items()):
            yield number, target


def is_outside(target):
    return bool(re.match(r"[a-zA-Z][\w+.-]*:", target)) or target.startswith("//")


def words_of(heading):
    """A heading as it is shown."""
    shown = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[`*]|</?[a-z]+[^>]*>", "", shown).strip()


def anchors_of(text):
    """What `#…` may name in a page, as GitHub and GitLab make it of headings, and ids of HTML."""
    anchors = set(re.findall(r"<[a-z]+\b[^>]*?\b(?:id|name)=\"([^\"]+)\"", text))
    counts = {}
    for _, line in lines_of(text):
        heading = re.match(r"#{1,6}\s+(.*?)\s*#*\s*$", line)
        if not heading:
            continue
        name = re.sub(r"[^\w\- ]", "", words_of(heading[1]).lower()).replace(" ", "-")
        count = counts.get(name, 0)
        counts[name] = count + 1
        anchors.add(name if count == 0 else f"{name}-{count}")
    return anchors


def fault_of(root, page, target):
    """What is wrong with a link of `page` to a place inside, or None."""
    path, _, anchor = target.partition("#")
    path = urllib.parse.unquote(path)
    place = page if not path else (root / path.lstrip("/") if path.startswith("/") else page.parent / path)
    try:
        inside = pathlib.Path(place.resolve()).relative_to(root.resolve())
    except ValueError:
        return f"'{target}' leads out of the project"
    if not place.exists():
        return f"'{target}' leads to {inside}, which is not there"
    if not anchor:
        return None
    if place.suffix != ".md":
        # Lines of a source (#L12), parts of a picture.
        return None
    if urllib.parse.unquote(anchor) not in anchors_of(place.read_text(encoding="utf-8")):
        return f"'{target}': {inside} has no heading '#{anchor}'"
    return None
