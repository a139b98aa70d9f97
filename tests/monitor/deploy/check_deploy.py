#!/usr/bin/env python3
"""Checks deploy/monitoring/ with what is installed here: promtool, systemd-analyze.

Usage: check_deploy.py [--metrics TABLE.cpp]

- the dashboards are what scripts/make_dashboards.py writes
- dashboards and rules name no metric that is not in the metric table
- promtool: check config, check rules, test rules
- systemd-analyze: verify says nothing, security is better than 2.0

Prints what failed, or what could not be checked, and exits with 1 if anything failed.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy" / "monitoring"
TABLE = ROOT / "src" / "monitor" / "exposition" / "metric_table.cpp"
MOST_EXPOSED = 2.0
NAME = re.compile(r"\b(?:layerwatt|jetson|process)_[a-z_]+\b")


def exported_names(table):
    """Sample names of every row of the metric table."""
    rows = re.findall(r'MetricDescription\{\s*"([a-z_]+)",\s*(kGauge|kCounter|kInfo)', table.read_text(encoding="utf-8"))
    ending = {"kGauge": "", "kCounter": "_total", "kInfo": "_info"}
    return {name + ending[kind] for name, kind in rows}


def named_metrics(text):
    """Metrics that expressions name; a recorded one has its name between colons."""
    return {name for name in NAME.findall(text) if name not in ("layerwatt_serve",)}


def check_names():
    known = exported_names(TABLE)
    faults = [] if len(known) > 30 else [f"{TABLE}: only {len(known)} metrics were found in the table"]
    for path in sorted(DEPLOY.rglob("*.json")) + sorted(DEPLOY.rglob("*.rules.yml")):
        for name in sorted(named_metrics(path.read_text(encoding="utf-8")) - known):
            faults.append(f"{path}: {name} is not exported by layerwatt serve")
    return faults


def check_dashboards():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, ROOT / "scripts" / "make_dashboards.py", folder], check=True)
        return [f"{made.name}: differs from what scripts/make_dashboards.py writes; run it"
                for made in sorted(pathlib.Path(folder).iterdir())
                if made.read_bytes() != (DEPLOY / "grafana" / "dashboards" / made.name).read_bytes()]


def run(words, **options):
    done = subprocess.run(words, capture_output=True, text=True, **options)
    return done.returncode, done.stdout + done.stderr


def check_promtool():
    faults = []
    for words in (["check", "config", DEPLOY / "prometheus.yml"],
                  ["check", "config", "--agent", DEPLOY / "agent" / "prometheus-agent.yml"],
                  ["check", "rules", "--lint=all", "--lint-fatal", DEPLOY / "rules" / "layerwatt.rules.yml"],
                  ["test", "rules", ROOT / "tests" / "monitor" / "deploy" / "rules_test.yml"]):
        code, said = run(["promtool", *map(str, words)])
        if code != 0:
            faults.append(f"promtool {words[0]} {words[1]}:\n{said}")
    return faults


def check_systemd():
    """The units as they are, with a program that is there."""
    with tempfile.TemporaryDirectory() as folder:
        for unit in sorted((DEPLOY / "systemd").iterdir()):
            text = unit.read_text(encoding="utf-8").replace("/usr/bin/layerwatt", "/bin/true")
            (pathlib.Path(folder) / unit.name).write_text(text, encoding="utf-8")
        service = str(pathlib.Path(folder) / "layerwatt-serve.service")
        code, said = run(["systemd-analyze", "verify", service, str(pathlib.Path(folder) / "layerwatt-serve.socket")])
        faults = [f"systemd-analyze verify: {said}"] if code != 0 or said.strip() else []
        code, said = run(["systemd-analyze", "security", "--offline=true", service])
        exposed = re.search(r"exposure level for \S+ (\d+\.\d+)", said)
        if exposed is None:
            return faults + [f"systemd-analyze security: {said}"]
        print(f"systemd-analyze security: {exposed.group(1)}")
        if float(exposed.group(1)) >= MOST_EXPOSED:
            faults.append(f"systemd-analyze security: {exposed.group(1)}, {MOST_EXPOSED} or more")
        return faults


def main():
    faults = check_names() + check_dashboards()
    for program, check in (("promtool", check_promtool), ("systemd-analyze", check_systemd)):
        if shutil.which(program):
            faults += check()
        else:
            print(f"not checked: {program} is not installed")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
