"""The commands of the golden test: name of a case -> steps, each a list of arguments for `layerwatt`.

A case runs in a folder of its own, in which `data` is tests/data, `trees/<name>` are its sysfs trees, and `made` is what
the steps of PREPARE wrote. Whatever else a case leaves in its folder is compared too. All that is random has a seed.
"""

BOARDS = ["orin-nano", "orin-nx", "agx-orin", "xavier-nx", "agx-xavier", "nano", "tx2", "thor"]

COMMANDS = ["sensors", "doctor", "idle", "measure", "map", "training-data", "isolate", "import", "simulate", "report", "compare", "record", "models", "run",
            "tegrastats", "virtual-board", "experiment", "serve", "watch", "data", "train", "predict",
            "completion", "man-pages"]

RAW = "data/edgeprofiler/example_raw_data"
TRTEXEC = "data/trtexec/alexnet"


def simulate(board, schedule, seconds, seed, folder, *more):
    return ["simulate", "--board", board, "--network", "lenet-like", "--schedule", schedule, "--duration", str(seconds),
            "--seed", str(seed), "--result-dir", folder, *more]


# Written once, read by the cases as made/...
PREPARE = [
    simulate("orin-nano", "whole", 6, 1, "whole"),
    simulate("agx-orin", "weighing", 20, 2, "weighing", "--sensor-samples", "16"),
    simulate("thor", "isolated", 12, 3, "isolated"),
    simulate("nano", "whole", 4, 4, "published", "--published-only"),
    ["map", "--raw-data-dir", "whole", "--result-dir", "whole-mapped"],
    ["map", "--raw-data-dir", "weighing", "--result-dir", "weighing-mapped"],
    ["tegrastats", "data/tegrastats/logs/orinnx_16gb_basic.tegrastats", "--output", "board.log"],
]


def help_cases():
    cases = {"help": [["--help"]]}
    for command in COMMANDS:
        cases[f"help-{command}"] = [[command, "--help"]]
    return cases


def sensors_cases(trees):
    cases = {}
    for tree in trees:
        root = f"trees/{tree}"
        cases[f"sensors-{tree}"] = [["sensors", "--sysfs-root", root], ["sensors", "--sysfs-root", root, "--json"]]
    cases["sensors-one-rail"] = [
        ["sensors", "--sysfs-root", "trees/agx_orin_jp6", "--rail", "VDD_GPU_SOC"],
        ["sensors", "--sysfs-root", "trees/agx_orin_jp6", "--rail", "VDD_GPU_SOX"],
        ["sensors", "--sysfs-root", "trees/agx_orin_jp6", "--sensor", "rapl"],
        ["sensors", "--sysfs-root", "trees/agx_orin_jp6", "--sensor", "rapls"],
    ]
    cases["sensors-replay"] = [
        ["sensors", "--sensor", "replay:made/whole/lenet-like"],
        ["sensors", "--sensor", "replay:made/weighing/lenet-like", "--json"],
        ["sensors", "--sensor", "replay:made/published/lenet-like", "--rail", "power log"],
        ["sensors", "--sensor", "replay:none"], ["sensors", "--sensor", "replay"],
    ]
    return cases


def map_cases():
    cases = {}
    for method in ["nearest", "window", "solve"]:
        for name in ["whole", "weighing", "isolated", "published"]:
            arguments = ["map", "--raw-data-dir", f"made/{name}", "--result-dir", "out", "--method", method]
            cases[f"map-{method}-{name}"] = [arguments]
        cases[f"map-{method}-json"] = [["map", "--raw-data-dir", "made/whole", "--result-dir", "out", "--method", method,
                                        "--idle-power", "3.5", "--json"]]
        cases[f"map-{method}-examples"] = [["map", "--raw-data-dir", RAW, "--result-dir", "out", "--method", method,
                                            "--sort", "energy"]]
    cases["map-jobs"] = [["map", "--raw-data-dir", RAW, "--result-dir", "out", "--jobs", "2", "--memory", "500"],
                         ["map", "--raw-data-dir", RAW, "--result-dir", "out", "--jobs", "0"],
                         ["map", "--raw-data-dir", RAW, "--result-dir", "out", "--memory", "1.5"]]
    return cases


def report_cases():
    cases = {}
    for name in ["isolated", "published"]:
        run = f"made/{name}/lenet-like"
        cases[f"report-run-{name}"] = [["report", run, "--markdown"]]
    for name in ["whole", "weighing"]:
        profile = f"made/{name}-mapped/lenet-like"
        steps = [["report", profile, "--sort", order] for order in ["order", "energy", "power", "time"]]
        steps += [["report", profile, "--json"], ["report", profile, "--markdown"],
                  ["report", f"{profile}/layer_profile.json", "--csv", "layers.csv"]]
        cases[f"report-profile-{name}"] = steps
        cases[f"report-files-{name}"] = [
            ["report", f"made/{name}/lenet-like", "--profile", f"{profile}/layer_profile.json", "--csv", "layers.csv",
             "--trace", "layers.trace.json"]]
        # These need npm and cairo, and are left aside without them.
        cases[f"report-page-{name}"] = [["report", f"made/{name}/lenet-like", "--output", "page.html"]]
        cases[f"report-picture-{name}"] = [["report", profile, "--png", "layers.png"]]
    return cases


def compare_cases():
    one, two = "made/whole-mapped/lenet-like", "made/weighing-mapped/lenet-like"
    return {
        "compare": [["compare", one, two], ["compare", one, two, "--json"], ["compare", one, two, one],
                    ["compare", one, two, "--fail-if-worse", "1%"], ["compare", two, one, "--fail-if-worse", "5%"]],
    }


def other_cases():
    files = ["--profile", f"{TRTEXEC}/alexnet_fp16.profile.json", "--times", f"{TRTEXEC}/alexnet_fp16.timing_first200.json",
             "--layers", f"{TRTEXEC}/alexnet_fp16.graph.json"]
    logs = ["orinnx_16gb_basic", "xavieragx_16gb_all"]
    cases = {
        "import": [["import", *files, "--name", "alexnet", "--start", "20241121-05:20:04.261", "--result-dir", "plain"],
                   ["import", *files, "--name", "alexnet", "--json", "--result-dir", "json",
                    "--start", "20241121-05:20:04.261"]],
        "models": [["models"], ["models", "--json"], ["models", "lenet5", "--output", "lenet5.onnx"],
                   ["models", "lenet5", "--output", "half.onnx", "--dtype", "float16", "--batch", "2", "--seed", "7"],
                   ["models", "lenet6"]],
        "isolate-process": [["isolate", "--process", "--stats-dir", "stats"],
                            ["isolate", "--process", "--stats-dir", "stats", "--mode", "2", "--as-published"]],
    }
    for log in logs:
        path = f"data/tegrastats/logs/{log}.tegrastats"
        cases[f"tegrastats-{log}"] = [["tegrastats", path], ["tegrastats", path, "--json"],
                                      ["tegrastats", path, "--interval", "100", "--output", "power.log"]]
    for seed, board in enumerate(BOARDS):
        cases[f"simulate-{board}"] = [simulate(board, "whole", 1, seed, "out", "--all-rails"),
                                      simulate(board, "weighing", 2, seed, "weighing", "--json")]
    return cases


WRONG = {
    "wrong-usage": [
        [], ["mesure"], ["measure"], ["measure", "lenet5", "--engine", "tensort"], ["measure", "lenet5", "--schedule", "w"],
        ["measure", "lenet5", "--sensor", "nothing"], ["measure", "lenet5", "--sensor", "virtual:orin-nanno"],
        ["measure", "made/whole/lenet-like", "--engine", "replay", "--schedule", "weighing"],
        ["measure", "made/whole/lenet-like", "--engine", "replay", "--dtype", "float16"],
        ["isolate"], ["isolate", "lenet5", "--engine", "trtexec", "--eval-latency"], ["isolate", "lenet5", "--engine", "replay"],
        ["isolate", "lenet5", "--device", "cuda", "--engine", "onnxruntime"], ["isolate", "--process", "--stats-dir", "none"],
        ["map", "--raw-data-dir", "none"], ["map", "--method", "windows"], ["map", "--sort", "size"],
        ["report", "none"], ["report"], ["compare", "made/whole-mapped/lenet-like"], ["compare", "none", "none"],
        ["import", "none"], ["import"], ["simulate", "--board", "orin"], ["simulate", "--schedule", "wholes"],
        ["simulate", "--sensor-samples", "3"], ["tegrastats", "none"], ["models", "--output", "a.onnx"],
        ["sensors", "--sysfs-root", "none"], ["idle", "--duration", "1ms", "--sensor", "virtual:nano"],
        ["record", "--sysfs-root", "trees/nano_2gb_jp4"], ["record", "--realtime", "100"],
        ["virtual-board", "--board", "nanno"],
    ],
}


def all_cases(trees):
    return {**help_cases(), **sensors_cases(trees), **map_cases(), **report_cases(), **compare_cases(), **other_cases(),
            **WRONG}
