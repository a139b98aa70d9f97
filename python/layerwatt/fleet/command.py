"""`python -m layerwatt.fleet …`: exit code 0 done, 1 failed, 2 wrong usage."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from typing import Any, Callable, Dict, List, Optional

from .._errors import LayerwattError, UsageError
from . import compact, compare, engines, job, looking, manifest, report, runs, solver, training
from .options import SolveOptions
from .status import failure_lines, failures, last_rows
from .tree import Tree

_PROGRAM = "python -m layerwatt.fleet"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _number(least: float, most: float, whole: bool = False) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            kind = "whole number" if whole else "number"
            raise argparse.ArgumentTypeError(f"'{text}' is not a {kind} from {least:g} to {most:g}")
        return value

    return parse


def _command_of(master: Optional[str]) -> str:
    """As workers find it: LAYERWATT_COMMAND, else by its name on the PATH of each."""
    named = os.environ.get("LAYERWATT_COMMAND")
    if named:
        return named
    return "layerwatt" if master else shutil.which("layerwatt") or "layerwatt"


def _add_manifest(commands: Any) -> None:
    one = commands.add_parser(
        "manifest",
        help="list recordings, with the ids of their content",
        description="Lists the recordings of folders, S3 prefixes and DVC stores, and reads every byte once for their "
        "ids, which are those of `layerwatt data`. Renewing it reads only what changed.",
        epilog=f"Example: {_PROGRAM} manifest /shared/raw_data --manifest fleet/manifest",
    )
    one.add_argument("source", nargs="+", help="folder, s3://bucket/prefix, or a .dvc file (with --store)")
    one.add_argument("--manifest", default="fleet/manifest", help="where it goes (%(default)s)")
    one.add_argument("--served-as", metavar="URI", help="where workers find the one folder: s3://…, https://…")
    one.add_argument("--store", metavar="URI", help="objects of the .dvc file: .dvc/cache, s3://…, https://…")
    one.add_argument("--board", help="instead of what run.json says")
    one.add_argument("--mode", help="power mode, instead of what run.json says")
    one.add_argument("--jobs", type=_number(1, 256, True), default=job.default_jobs(), metavar="N")
    one.add_argument("--json", action="store_true", help="print JSON")
    one.set_defaults(run=_manifest)


def _manifest(given: argparse.Namespace) -> int:
    built = manifest.build(
        given.manifest, given.source, served_as=given.served_as, store=given.store,
        board=given.board, mode=given.mode, jobs=given.jobs,
    )
    if given.json:
        print(json.dumps(built._asdict(), indent=4, ensure_ascii=False))
    else:
        print(f"{built.rows} recordings, {built.bytes / 1e6:.1f} MB, in {given.manifest}"
              + (f" ({built.known} unchanged, not read again)" if built.known else ""))
        for text in built.duplicates:
            print(f"left out: {text}")
    for text in built.refused:
        _say(f"refused: {text}")
    return 1 if built.refused else 0


def _add_solve(commands: Any) -> None:
    one = commands.add_parser(
        "solve",
        help="solve what has no result yet",
        description="Solves each recording of a manifest by the command `layerwatt` in a process of its own, on the "
        "threads of this machine or, with --master, on Apache Spark. What has its result is passed over, so that the "
        "same command goes on where it was stopped.",
        epilog=f"Examples: {_PROGRAM} solve --manifest fleet/manifest --out fleet --jobs 8\n"
        f"          {_PROGRAM} solve --manifest fleet/manifest --out fleet --master spark://head:7077",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    one.add_argument("--manifest", default="fleet/manifest", help="(%(default)s)")
    one.add_argument("--out", default="fleet", help="folder that all workers share, or s3://bucket/prefix (%(default)s)")
    one.add_argument("--method", choices=["solve", "window", "nearest"], default="solve", help="(%(default)s)")
    one.add_argument("--idle-power", type=_number(0, 1e5), metavar="WATTS")
    one.add_argument("--sensor-samples", type=_number(1, 1024, True), metavar="N", help="as of `layerwatt map`")
    one.add_argument("--conversion-time", type=_number(1, 1e5), metavar="US", help="as of `layerwatt map`")
    one.add_argument("--sensor-board", help="as of `layerwatt map`")
    one.add_argument("--jobs", type=_number(1, 256, True), default=job.default_jobs(), metavar="N",
                     help="threads of this machine (%(default)s)")
    one.add_argument("--master", metavar="URL", help="of Spark: spark://host:7077, yarn, k8s://…, local[2]")
    one.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE", help="of Spark, may be repeated")
    one.add_argument("--retry-failed", action="store_true", help="take those too whose last word is a failure")
    one.add_argument("--memory-mb", type=_number(64, 1 << 24, True), default=2048,
                     help="address space of the solver of one recording (%(default)s)")
    one.add_argument("--seconds", type=_number(1, 1e6), default=60.0, help="time for one recording (%(default)s), and")
    one.add_argument("--seconds-per-mb", type=_number(0, 1e4), default=1.0, help="for each MB of it (%(default)s)")
    one.add_argument("--scratch", default="", metavar="FOLDER",
                     help="for copies and work, on each machine (SPARK_LOCAL_DIRS, else the system's)")
    one.add_argument("--scratch-mb", type=_number(0, 1 << 30, True), default=0,
                     help="what all tasks of a machine may take there (nine tenths of what is free)")
    one.add_argument("--json", action="store_true", help="print JSON")
    one.set_defaults(run=_solve)


def _solve(given: argparse.Namespace) -> int:
    command = _command_of(given.master)
    if os.sep in command:
        command = os.path.abspath(command)
    options = SolveOptions(
        method=given.method, idle_power_watt=given.idle_power, sensor_samples=given.sensor_samples,
        conversion_time_us=given.conversion_time, sensor_board=given.sensor_board,
        solver=solver.version_of(command), command=command,
        out=given.out if "://" in given.out else os.path.abspath(given.out),
        memory_mb=given.memory_mb, seconds=given.seconds, seconds_per_mb=given.seconds_per_mb,
        scratch=given.scratch and os.path.abspath(given.scratch), scratch_mb=given.scratch_mb,
    )
    spark = None
    if given.conf and not given.master:
        raise UsageError("--conf is of Spark: give --master too")
    if given.master:
        try:
            settings = engines.spark_settings(given.conf)
        except ValueError as error:
            raise UsageError(f"--conf: {error}") from error
        spark = engines.Spark(given.master, settings)
    try:
        outcome = job.run(
            given.manifest, options, jobs=given.jobs, spark=spark, retry_failed=given.retry_failed, say=_say
        )
    finally:
        if spark is not None:
            spark.stop()
    if given.json:
        print(json.dumps({**outcome._asdict(), "version": options.version()}, indent=4, default=str))
    else:
        print(f"{outcome.solved} solved, {outcome.done_before + outcome.present} there before, "
              f"{len(outcome.failed)} failed, of {outcome.listed}; {outcome.seconds:.1f} s; v={options.version()}")
        if outcome.failed:
            print("\n".join(failure_lines(outcome.failed)))
    return 1 if outcome.failed else 0


def _add_status(commands: Any) -> None:
    one = commands.add_parser(
        "status",
        help="what is solved, what failed and why",
        epilog=f"Example: {_PROGRAM} status --out fleet --manifest fleet/manifest",
    )
    one.add_argument("--out", default="fleet", help="(%(default)s)")
    one.add_argument("--manifest", help="tells also how many are to do")
    one.add_argument("--json", action="store_true", help="print JSON")
    one.set_defaults(run=_status)


def _status(given: argparse.Namespace) -> int:
    tree = Tree(given.out)
    listed = manifest.read(given.manifest, ["recording"]).num_rows if given.manifest else None
    told: List[Dict[str, Any]] = []
    for version in tree.versions():
        keys = tree.keys(version)
        last = last_rows(tree, version)
        failed = failures(keys, last)
        solved = [row for row in last.values() if row["outcome"] == "solved"]
        options = json.loads(tree.read(f"profiles/v={version}/_options.json"))
        told.append({
            "version": version,
            "solver": options["solver"],
            "method": options["method"],
            "listed": listed,
            "solved": len(keys),
            "failed": len(failed),
            "solver_seconds": sum(row["solver_seconds"] or 0.0 for row in solved),
            "peak_mb": max((row["peak_mb"] or 0.0 for row in solved), default=None),
            "partitions": len(tree.partitions(version)),
            "failures": [
                {"recording": row["recording"], "reason": row["reason"], "error": row["error"]} for row in failed
            ],
        })
    if given.json:
        print(json.dumps(told, indent=4, ensure_ascii=False))
    elif not told:
        print(f"no results in {given.out} yet")
    else:
        for one in told:
            to_do = f", {max(0, listed - one['solved'] - one['failed'])} to do" if listed is not None else ""
            print(f"v={one['version']}  {one['solver']}, method {one['method']}: {one['solved']} solved, "
                  f"{one['failed']} failed{to_do}; {one['partitions']} partitions, solver "
                  f"{one['solver_seconds']:.1f} s"
                  + (f", at most {one['peak_mb']:.0f} MB" if one["peak_mb"] else ""))
            if one["failures"]:
                print("\n".join(failure_lines(one["failures"])))
    return 1 if any(one["failed"] for one in told) else 0


def _add_out(one: Any) -> None:
    one.add_argument("--out", default="fleet", help="where results are (%(default)s)")
    one.add_argument("--version", help="of the results, where there are several ('status' names them)")


def _add_looking(one: Any) -> None:
    _add_out(one)
    one.add_argument("--by", choices=list(compare.AXES), default="board", help="what is compared (%(default)s)")
    one.add_argument("--power", choices=runs.KINDS, default="each",
                     help="measured and virtual runs: each for itself, one kind alone, or mixed (%(default)s)")


def _rows(given: argparse.Namespace, tree: Tree) -> "tuple[List[str], List[Dict[str, Any]]]":
    """Versions and runs; comparing solvers takes all versions."""
    if given.by == "solver" and given.version is None:
        versions = tree.versions() or [runs.version_of(tree, None)]
    else:
        versions = [runs.version_of(tree, given.version)]
    rows = runs.chosen(runs.of_runs(tree, versions), given.power)
    if not rows:
        raise UsageError(f"no run here has {given.power} power")
    return versions, rows


def _add_compare(commands: Any) -> None:
    one = commands.add_parser(
        "compare",
        help="boards, power modes, software over all runs; outliers; drift over months",
        description="Medians over runs with 95 % intervals, network by network, and their ratios; runs that are far off; "
        "what boards drift by a month.",
        epilog=f"Examples: {_PROGRAM} compare --out fleet --by mode\n"
        f"          {_PROGRAM} compare --out fleet --layers resnet18 --quantity power_watt",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_looking(one)
    one.add_argument("--baseline", help="what ratios are against (the first by name)")
    one.add_argument("--quantity", choices=list(compare.QUANTITIES), help="(pass_energy_joule, of layers energy_joule)")
    one.add_argument("--layers", metavar="NETWORK", help="layer by layer of one network")
    one.add_argument("--json", action="store_true", help="print JSON")
    one.set_defaults(run=_compare)


def _compare(given: argparse.Namespace) -> int:
    tree = Tree(given.out)
    versions, rows = _rows(given, tree)
    subject = "layer_name" if given.layers else "network"
    quantity = given.quantity or ("energy_joule" if given.layers else "pass_energy_joule")
    if quantity not in (compare.OF_LAYERS if given.layers else compare.OF_RUNS):
        raise UsageError(f"--quantity {quantity} is of {'runs' if given.layers else 'layers: name a network with --layers'}")
    compared = rows
    if given.layers:
        compared = runs.chosen(runs.of_layers(tree, versions, given.layers), given.power)
        if not compared:
            networks = ", ".join(sorted({row["network"] for row in rows})[:20])
            raise UsageError(f"no network '{given.layers}' here; there are {networks}")
    cells = compare.compare(compared, given.by, quantity, given.power, given.baseline, subject)
    if given.baseline and not any(cell.group == given.baseline for cell in cells):
        raise UsageError(f"--baseline {given.baseline}: there are {', '.join(sorted({cell.group for cell in cells}))}")
    of_runs = quantity if quantity in compare.OF_RUNS else "pass_energy_joule"
    found = compare.find_outliers(rows, of_runs, given.power)
    drift = compare.find_drift(rows, of_runs, given.power)
    if given.json:
        print(json.dumps({
            "quantity": quantity, "by": given.by, "versions": versions, "runs": len(rows),
            "cells": looking.cells_as_json(cells),
            "outliers": [one._asdict() for one in found],
            "drift": [
                {"board": one.board, "mode": one.mode, "power": one.power,
                 "drift": None if one.drift is None else {**one.drift._asdict(), "is_certain": one.drift.is_certain},
                 "months": [{"month": month, **middle._asdict()} for month, middle in one.months]}
                for one in drift
            ],
        }, indent=4, ensure_ascii=False))
        return 0
    lines = looking.comparison_lines(cells, quantity, given.by.capitalize(), "Layer" if given.layers else "Network")
    print("\n".join([*lines, "", *looking.outlier_lines(found, of_runs), "", *looking.drift_lines(drift)]))
    return 0


def _add_report(commands: Any) -> None:
    one = commands.add_parser(
        "report",
        help="all of it as one page of HTML",
        epilog=f"Example: {_PROGRAM} report --out fleet --output fleet.html",
    )
    _add_looking(one)
    one.add_argument("--output", default="fleet.html", help="(%(default)s)")
    one.add_argument("--title", default="Fleet report")
    one.set_defaults(run=_report)


def _report(given: argparse.Namespace) -> int:
    tree = Tree(given.out)
    versions, rows = _rows(given, tree)
    failed = [row for version in versions for row in failures(tree.keys(version), last_rows(tree, version))]
    solvers = ", ".join(sorted({f"{row['solver']}, method {row['method']}" for row in rows}))
    data = report.page_data(
        rows, failed, title=given.title, subtitle=f"{solvers}; results v={', '.join(versions)}", by=given.by,
        kind=given.power,
    )
    folder, name = os.path.split(os.path.abspath(given.output))
    if not name.endswith(".html"):
        raise UsageError(f"--output {given.output}: the page is HTML; name it .html")
    Tree(folder).write(name, report.page(data).encode())
    print(f"{len(data['runs'])} runs, {len(failed)} not solved: {given.output}")
    return 0


def _add_training(commands: Any) -> None:
    one = commands.add_parser(
        "train-tables",
        help="tables that `layerwatt train` reads",
        description="A row a layer: medians over its runs, with intervals. Boards, power modes, and measured and virtual "
        "runs have folders of their own.",
        epilog=f"Example: {_PROGRAM} train-tables --out fleet",
    )
    _add_out(one)
    one.add_argument("--json", action="store_true", help="print JSON")
    one.set_defaults(run=_training)


def _training(given: argparse.Namespace) -> int:
    tree = Tree(given.out)
    made = training.make(tree, runs.version_of(tree, given.version))
    if given.json:
        print(json.dumps({"tables": [one._asdict() for one in made.tables], "without_shapes": made.without_shapes}, indent=4))
        return 0
    for folder in sorted({one.folder for one in made.tables}):
        own = [one for one in made.tables if one.folder == folder]
        print(f"{len(own)} networks, {sum(one.layers for one in own)} layers of {sum(one.runs for one in own)} runs: "
              f"layerwatt train --training-data-dir '{folder}'")
    if made.without_shapes:
        print(f"left out, without shapes of layers: {', '.join(made.without_shapes)}")
    return 0


def _add_compact(commands: Any) -> None:
    one = commands.add_parser(
        "compact",
        help="fewer, larger files of results",
        description="Puts the results of each board and power mode, one file a recording, into files of about 128 MB. "
        "Solving may go on meanwhile; a second compaction is refused.",
        epilog=f"Example: {_PROGRAM} compact --out fleet",
    )
    _add_out(one)
    one.set_defaults(run=_compact)


def _compact(given: argparse.Namespace) -> int:
    tree = Tree(given.out)
    for one in compact.run(tree, runs.version_of(tree, given.version)):
        print(f"{one.partition}: {one.files_before} files before, {one.files} now")
    return 0


def parser() -> argparse.ArgumentParser:
    """Of all commands."""
    whole = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Thousands of recordings: solved, compared and reported (docs/scale.md).",
        allow_abbrev=False,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_add_manifest, _add_solve, _add_status, _add_compare, _add_report, _add_training, _add_compact):
        add(commands)
    return whole


def main(words: Optional[List[str]] = None) -> int:
    """Runs one command."""
    given = parser().parse_args(words)
    try:
        return int(given.run(given))
    except UsageError as error:
        _say(f"{_PROGRAM} {given.command}: {error}")
        return 2
    except (LayerwattError, OSError) as error:
        _say(f"{_PROGRAM} {given.command}: {error}")
        return 1
    except KeyboardInterrupt:
        _say(f"{_PROGRAM} {given.command}: stopped; what was solved is kept, and the same command goes on")
        return 1
