#!/usr/bin/env python3
"""Writes the Grafana dashboards of deploy/monitoring/grafana/dashboards/.

Usage: make_dashboards.py [FOLDER]

board.json shows one board, fleet.json all of them. Grafana's classic JSON model, schema version 39 (Grafana 10.4 and later). A
test (tests/monitor/deploy/) compares what this writes with what is in the repository, runs every query against a real Prometheus,
and knows every metric's name; no Grafana opens them there.
"""

import json
import pathlib
import sys

DATASOURCE = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
OF_BOARD = 'instance=~"$instance"'
WIDTH = 24


def target(expr, legend="", instant=False, table=False):
    made = {"datasource": DATASOURCE, "expr": expr, "legendFormat": legend or "__auto", "refId": "A",
            "instant": instant, "range": not instant}
    if table:
        made["format"] = "table"
    return made


def panel(kind, title, unit, targets, description="", decimals=None):
    defaults = {"unit": unit}
    if decimals is not None:
        defaults["decimals"] = decimals
    for index, one in enumerate(targets):
        one["refId"] = chr(ord("A") + index)
    return {"type": kind, "title": title, "description": description, "datasource": DATASOURCE,
            "fieldConfig": {"defaults": defaults, "overrides": []}, "options": {}, "targets": targets}


def stat(title, unit, expr, description="", decimals=None):
    made = panel("stat", title, unit, [target(expr, instant=True)], description, decimals)
    made["options"] = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                       "colorMode": "value", "graphMode": "none", "textMode": "auto"}
    return made


def series(title, unit, queries, description=""):
    made = panel("timeseries", title, unit, [target(expr, legend) for expr, legend in queries],
                 description)
    made["fieldConfig"]["defaults"]["custom"] = {"lineWidth": 1, "fillOpacity": 8,
                                                 "showPoints": "never", "spanNulls": False}
    made["options"] = {"legend": {"displayMode": "table", "placement": "bottom",
                                  "calcs": ["mean", "max", "lastNotNull"], "showLegend": True},
                       "tooltip": {"mode": "multi", "sort": "desc"}}
    return made


def table(title, expr, hidden):
    made = panel("table", title, "none", [target(expr, instant=True, table=True)])
    made["transformations"] = [{"id": "organize", "options": {
        "excludeByName": {name: True for name in hidden}, "indexByName": {}, "renameByName": {}}}]
    return made


def laid_out(rows):
    """Panels in rows of equal widths: [(height, [panel, ...]), ...]."""
    panels = []
    y = 0
    for height, row in rows:
        width = WIDTH // len(row)
        for index, one in enumerate(row):
            one["id"] = len(panels) + 1
            one["gridPos"] = {"x": index * width, "y": y, "w": width, "h": height}
            panels.append(one)
        y += height
    return panels


def variables(with_instance):
    made = [{"name": "DS_PROMETHEUS", "label": "Data source", "type": "datasource",
             "query": "prometheus", "hide": 0, "refresh": 1, "regex": "", "options": [],
             "includeAll": False, "multi": False, "skipUrlSync": False}]
    if with_instance:
        query = "label_values(layerwatt_board_info, instance)"
        made.append({"name": "instance", "label": "Board", "type": "query", "datasource": DATASOURCE,
                     "query": {"query": query, "refId": "boards"}, "refresh": 2,
                     "sort": 1, "hide": 0, "regex": "", "options": [], "includeAll": False, "multi": False, "skipUrlSync": False})
    return {"list": made}


def dashboard(uid, title, description, rows, with_instance):
    return {"uid": uid, "title": title, "description": description, "tags": ["layerwatt"],
            "schemaVersion": 39, "version": 1, "editable": True, "graphTooltip": 1, "refresh": "15s",
            "time": {"from": "now-1h", "to": "now"}, "timezone": "browser", "timepicker": {},
            "templating": variables(with_instance), "annotations": {"list": []}, "links": [],
            "panels": laid_out(rows)}


def board():
    energy = f"layerwatt_board_energy_joules_total{{{OF_BOARD}}}"
    rows = [
        (4, [
            stat("Power now", "watt", f"layerwatt_board_power_watts{{{OF_BOARD}}}",
                 "Last reading of the board's total; behind the sensor's own averaging.", 2),
            stat("Mean power", "watt", f"rate({energy}[$__range])",
                 "Over the time shown: the slope of the energy counter.", 2),
            stat("Energy", "joule", f"increase({energy}[$__range])", "Over the time shown.", 1),
            stat("Energy per inference", "joule",
                 f"layerwatt_measurement_energy_per_inference_joules{{{OF_BOARD}}}",
                 "Of the measurement of layerwatt that runs now, idle power included."),
            stat("Hottest zone", "celsius", f"max(layerwatt_temperature_celsius{{{OF_BOARD}}})", "", 1),
            stat("Unmeasured", "s", f"max(increase(layerwatt_unmeasured_seconds_total{{{OF_BOARD}}}[$__range]))",
                 "Time that is in no joule: sensor lost, board asleep, sampler kept from running.", 1),
        ]),
        (9, [
            series("Power of the board", "watt", [
                (f"rate({energy}[$__rate_interval])", "mean between scrapes"),
                (f"layerwatt_board_power_watts{{{OF_BOARD}}}", "last reading"),
                (f"layerwatt_power_budget_watts{{{OF_BOARD}}}", "budget")],
                "The mean is exact however far apart scrapes are; the last reading is one moment of each."),
            series("Power of each rail", "watt", [
                (f"rate(layerwatt_rail_energy_joules_total{{{OF_BOARD}}}[$__rate_interval])", "{{rail}}")],
                "On most boards one rail holds others: they do not add up."),
        ]),
        (8, [
            series("Temperatures", "celsius", [
                (f"layerwatt_temperature_celsius{{{OF_BOARD}}}", "{{zone}}")]),
            series("Clocks", "hertz", [(f"layerwatt_clock_hertz{{{OF_BOARD}}}", "{{clock}}")]),
        ]),
        (7, [
            series("Voltages", "volt", [(f"layerwatt_rail_voltage_volts{{{OF_BOARD}}}", "{{rail}}")]),
            series("Currents", "amp", [(f"layerwatt_rail_current_amperes{{{OF_BOARD}}}", "{{rail}}")]),
        ]),
        (7, [
            series("Running measurement: energy per inference", "joule", [
                (f"layerwatt_measurement_energy_per_inference_joules{{{OF_BOARD}}}", "{{network}}")]),
            series("Running measurement: passes", "ops", [
                (f"layerwatt_measurement_passes_per_second{{{OF_BOARD}}}", "{{network}}")]),
        ]),
        (7, [
            series("Throttling", "none", [
                (f"layerwatt_cooling_state{{{OF_BOARD}}}", "{{device}}"),
                (f"increase(layerwatt_over_current_events_total{{{OF_BOARD}}}[$__rate_interval])",
                 "over-current {{event}}")],
                "How far fans and clocks are regulated, and over-current events."),
            series("How well it was read", "none", [
                (f"sum by (rail) (rate(layerwatt_read_errors_total{{{OF_BOARD}}}[$__rate_interval]))",
                 "failed reads a second, {{rail}}"),
                (f"rate(layerwatt_sampler_late_ticks_total{{{OF_BOARD}}}[$__rate_interval])", "late ticks a second"),
                (f"rate(layerwatt_sampler_lost_ticks_total{{{OF_BOARD}}}[$__rate_interval])", "lost ticks a second")]),
        ]),
        (6, [
            table("Sensors", f"layerwatt_sensor_info{{{OF_BOARD}}}",
                  ["Time", "Value", "__name__", "instance", "job"]),
            table("Board", f"layerwatt_board_info{{{OF_BOARD}}}", ["Time", "Value", "__name__", "job"]),
        ]),
    ]
    return dashboard("layerwatt-board", "layerwatt: one board",
                     "Power, energy and temperatures of one board. Energies come from counters.", rows, True)


def fleet():
    energy = "layerwatt_board_energy_joules_total"
    rows = [
        (4, [
            stat("Boards read", "none", "count(layerwatt_board_info)"),
            stat("Boards that do not answer", "none", 'count(up{job=~"layerwatt.*"} == 0) or vector(0)'),
            stat("Power of all boards", "watt", "sum(rate(layerwatt_board_energy_joules_total[5m]))", "", 1),
            stat("Energy of all boards", "joule", f"sum(increase({energy}[$__range]))", "Over the time shown."),
            stat("Rails lost", "none", "count(layerwatt_rail_up == 0) or vector(0)"),
        ]),
        (10, [
            series("Power by board", "watt", [(f"rate({energy}[$__rate_interval])", "{{instance}}")]),
        ]),
        (8, [
            series("Hottest zone by board", "celsius", [
                ("max by (instance) (layerwatt_temperature_celsius)", "{{instance}}")]),
            series("Part of the power budget", "percentunit", [
                ("rate(layerwatt_board_energy_joules_total[5m]) / on (job, instance) layerwatt_power_budget_watts",
                 "{{instance}}")]),
        ]),
        (8, [
            series("Energy per inference by network", "joule", [
                ("layerwatt_measurement_energy_per_inference_joules", "{{instance}} {{network}}")]),
            series("Unmeasured time", "s", [
                ("max by (instance) (increase(layerwatt_unmeasured_seconds_total[15m]))", "{{instance}}")]),
        ]),
        (8, [table("Boards", "layerwatt_board_info", ["Time", "Value", "__name__", "job"])]),
    ]
    return dashboard("layerwatt-fleet", "layerwatt: all boards",
                     "Power and energy of every board that Prometheus scrapes.", rows, False)


def main(arguments):
    here = pathlib.Path(__file__).resolve().parent.parent
    folder = pathlib.Path(arguments[1]) if len(arguments) > 1 else (
        here / "deploy" / "monitoring" / "grafana" / "dashboards")
    for name, made in (("board", board()), ("fleet", fleet())):
        (folder / f"{name}.json").write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
