#include <vector>

#include "cli/command.h"

namespace layerwatt::cli {

// Each command is one file: src/cli/<name>_command.cpp, with `Action declare_<name>(App&)`.

Action declare_compare(App& app);
Action declare_completion(App& app);
Action declare_data(App& app);
Action declare_doctor(App& app);
Action declare_experiment(App& app);
Action declare_idle(App& app);
Action declare_import(App& app);
Action declare_isolate(App& app);
Action declare_man_pages(App& app);
Action declare_map(App& app);
Action declare_measure(App& app);
Action declare_models(App& app);
Action declare_predict(App& app);
Action declare_record(App& app);
Action declare_report(App& app);
Action declare_run(App& app);
Action declare_sensors(App& app);
Action declare_serve(App& app);
Action declare_simulate(App& app);
Action declare_tegrastats_log(App& app);
Action declare_train(App& app);
Action declare_training_data(App& app);
Action declare_virtual_board(App& app);
Action declare_watch(App& app);

std::span<const Command> command_table() {
  static const std::vector<Command> kCommands{
      {"sensors", "Lists the board, its power rails, their total and settings", declare_sensors},
      {"doctor", "Says whether results on this machine can be trusted, and what to do",
       declare_doctor},
      {"idle", "Measures what the machine draws when nothing runs", declare_idle},
      {"measure", "Runs a network while its power is recorded", declare_measure},
      {"isolate", "Measures each layer alone: energy table, picture, statistics by power mode",
       declare_isolate},
      {"run", "Runs any program while power is recorded: its energy, run by run", declare_run},
      {"experiment", "Measures many networks as a file says, and goes on after whatever stopped it",
       declare_experiment},
      {"map", "Maps the power of a raw dataset to layers", declare_map},
      {"training-data", "Makes training tables of a preprocessed dataset", declare_training_data},
      {"train", "Learns from training tables what layers cost", declare_train},
      {"predict", "Says what a network will cost that was never run", declare_predict},
      {"import", "Makes a raw dataset of what trtexec exported elsewhere", declare_import},
      {"simulate", "Writes a raw dataset with known truth, for a given board and network",
       declare_simulate},
      {"report", "Shows a run: a page, a picture, a trace, tables", declare_report},
      {"compare", "Compares two or more layer profiles, layer by layer", declare_compare},
      {"serve", "Serves the board's power and energy to Prometheus", declare_serve},
      {"watch", "Shows live what the board draws", declare_watch},
      {"record", "Records power sensors into a file, as a process of its own", declare_record},
      {"data", "Keeps versions of datasets as DVC does: add, push, pull, upload, download",
       declare_data},
      {"models", "Lists the built-in architectures, writes one as ONNX", declare_models},
      {"tegrastats", "Reads a log of tegrastats: rails, temperatures; writes a power log",
       declare_tegrastats_log},
      {"virtual-board", "Serves the sensors of a virtual board, to try layerwatt without one",
       declare_virtual_board},
      {"completion", "Prints a script by which bash, zsh or fish completes commands",
       declare_completion},
      {"man-pages", "Writes the manual pages, one a command", declare_man_pages},
  };
  return kCommands;
}

}  // namespace layerwatt::cli
