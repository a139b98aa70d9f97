#!/usr/bin/env python3
"""Drives `layerwatt watch` in a terminal (tmux) and looks at its screen.

Usage: watch_test.py --layerwatt PROGRAM
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import unittest

LAYERWATT = None


class Terminal:
    """A terminal of its own tmux server."""

    def __init__(self, folder, command, columns=80, lines=24, environment=""):
        self.socket = str(pathlib.Path(folder) / "tmux")
        self.tmux("-f", "/dev/null", "new-session", "-d", "-s", "watch", "-x", str(columns), "-y", str(lines), "sh")
        self.tmux("set-option", "-g", "window-size", "manual")
        self.type(f"PS1='$ '; {environment} {command}; echo ended with $?\n")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], check=True, capture_output=True, text=True).stdout

    def type(self, keys):
        self.tmux("send-keys", "-t", "watch", "-l", keys)

    def screen(self):
        return self.tmux("capture-pane", "-t", "watch", "-p").rstrip("\n").split("\n")

    def wait_for(self, pattern, seconds=30):
        """The screen once a line of it matches."""
        end = time.monotonic() + seconds
        while True:
            screen = self.screen()
            if any(re.search(pattern, line) for line in screen):
                return screen
            if time.monotonic() > end:
                raise AssertionError(f"no line matches {pattern!r}:\n" + "\n".join(screen))
            time.sleep(0.1)

    def resize(self, columns, lines):
        self.tmux("resize-window", "-t", "watch", "-x", str(columns), "-y", str(lines))

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False, capture_output=True)


class WatchTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def terminal(self, words="--sensor virtual:orin-nano --interval 200ms", **options):
        terminal = Terminal(self.folder.name, f"{shlex.quote(LAYERWATT)} watch {words}", **options)
        self.addCleanup(terminal.close)
        return terminal

    def test_shows_the_board_on_eighty_by_twenty_four(self):
        terminal = self.terminal(environment="LC_ALL=C.UTF-8")
        screen = terminal.wait_for(r"VDD_SOC .* [▁▂▃▄▅▆▇█]")
        self.assertEqual(len(screen), 24)
        self.assertRegex(screen[0], r"^layerwatt watch: virtual Jetson Orin Nano \(virtual: .*\) +0:00:\d\d$")
        self.assertRegex(screen[1], r"^Total \d+\.\d\d W   mean \d+\.\d\d W   \d+\.\d J   most \d+\.\d\d W   = VDD_IN$")
        self.assertRegex(screen[6], r"^Rail \(\* in the total\) +W +V +A +J")
        self.assertRegex(screen[7], r"^VDD_IN \* +\d+\.\d\d +\d\.\d{3} +\d\.\d{3} +\d+\.\d ")
        self.assertEqual(screen[23], "q quit   r set energy back   p pause   + - faster, slower   a only ASCII")
        terminal.type("q")
        terminal.wait_for("^ended with 0$")

    def test_draws_in_ascii_where_the_terminal_has_nothing_else(self):
        terminal = self.terminal(environment="LC_ALL=C")
        screen = terminal.wait_for(r"VDD_SOC .* [.:+#]")
        self.assertTrue("\n".join(screen).isascii(), "\n".join(screen))

    def test_obeys_its_keys(self):
        terminal = self.terminal(environment="LC_ALL=C.UTF-8")
        terminal.wait_for(r" 0:00:0[2-9]$")
        terminal.type("p")
        terminal.wait_for("^PAUSED ")
        terminal.type("pr")
        terminal.wait_for(r" 0:00:0[01]$")
        terminal.type("a")
        screen = terminal.wait_for(r"VDD_SOC .* [.:+#]")
        self.assertTrue("\n".join(screen).isascii())

    def test_follows_a_resize(self):
        terminal = self.terminal(environment="LC_ALL=C.UTF-8")
        terminal.wait_for("^q quit")
        for columns, lines in ((132, 50), (40, 10), (10, 3), (80, 24)):
            terminal.resize(columns, lines)
            terminal.wait_for("^" + "q quit   r set energy back"[:min(columns, 20)])
            end = time.monotonic() + 30
            while len(terminal.screen()) != lines and time.monotonic() < end:
                time.sleep(0.1)
            self.assertEqual(len(terminal.screen()), lines)

    def test_gives_the_terminal_back_when_it_is_ended(self):
        terminal = self.terminal(environment="LC_ALL=C.UTF-8")
        terminal.wait_for("^q quit")
        terminal.tmux("send-keys", "-t", "watch", "C-c")
        screen = terminal.wait_for("^ended with 0$")
        self.assertFalse(any(line.startswith("q quit") for line in screen))

    def test_gives_the_terminal_back_when_it_is_told_to_end(self):
        terminal = self.terminal(environment="LC_ALL=C.UTF-8")
        terminal.wait_for("^q quit")
        shell = terminal.tmux("display-message", "-p", "-t", "watch", "#{pane_pid}").strip()
        watch = subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True, check=True)
        os.kill(int(watch.stdout), signal.SIGTERM)
        screen = terminal.wait_for("^ended with 0$")
        self.assertFalse(any(line.startswith("q quit") for line in screen))

    def test_prints_lines_on_a_terminal_that_cannot_be_drawn_on(self):
        terminal = self.terminal(environment="TERM=dumb")
        terminal.wait_for(r"^\d\.\d s  \d+\.\d\d W  \d+\.\d J   VDD_IN \d")

    def test_goes_on_where_a_sensor_vanishes(self):
        board = subprocess.Popen([LAYERWATT, "virtual-board", "--sysfs-dir", f"{self.folder.name}/board",
                                  "--activity", f"{self.folder.name}/activity"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(board.stdout.close)
        self.addCleanup(board.wait)
        self.addCleanup(board.terminate)
        board.stdout.readline()
        terminal = self.terminal(f"--sysfs-root {self.folder.name}/board --interval 200ms --rail VDD_IN",
                                 environment="LC_ALL=C.UTF-8")
        terminal.wait_for(r"^VDD_IN \* +\d")
        chip = pathlib.Path(self.folder.name) / "board/sys/class/hwmon/hwmon1"
        # The descriptor stays open on a file that has no number any more.
        current = chip / "curr1_input"
        good = current.read_bytes()
        current.write_bytes(b"garbage\n")
        terminal.wait_for(r"^VDD_IN \* .*cannot be read now")
        current.write_bytes(good)
        terminal.wait_for(r"^VDD_IN \* +\d")

    def run_watch(self, *words):
        done = subprocess.run([LAYERWATT, "watch", "--sensor", "virtual:orin-nano", "--interval", "100ms", "--duration",
                               "1", *words], capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.splitlines()

    def test_prints_lines_into_a_pipe(self):
        lines = self.run_watch()
        self.assertGreaterEqual(len(lines), 3)
        for line in lines:
            self.assertRegex(line, r"^\d\.\d s  \d+\.\d\d W .* \(virtual\)$")

    def test_prints_json(self):
        for line in self.run_watch("--json"):
            self.assertTrue(json.loads(line)["virtual"])

    def test_prints_csv(self):
        header, *rows = self.run_watch("--csv")
        self.assertIn('"virtual VDD_IN [W]"', header)
        for row in rows:
            self.assertEqual(row.count(","), header.count(","))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--layerwatt", required=True)
    arguments, rest = parser.parse_known_args()
    LAYERWATT = str(pathlib.Path(arguments.layerwatt).resolve())
    result = unittest.main(argv=[sys.argv[0], *rest], exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
