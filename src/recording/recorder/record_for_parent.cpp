#include "layerwatt/recording/record_for_parent.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/recording/recorder.h"
#include "layerwatt/recording/recorder_arguments.h"
#include "layerwatt/recording/recorder_process.h"

namespace layerwatt {
namespace {

bool take(std::string_view name, const std::string& value, RecorderOptions& options) {
  for (const RecorderOption& option : recorder_options()) {
    if (option.row.name != name) continue;
    if (option.row.refuse != nullptr && !option.row.refuse(value).empty()) return false;
    option.take(value, options);
    return true;
  }
  for (const SensorKind& kind : sensor_table()) {
    const bool is_its =
        std::ranges::any_of(kind.options, [&](const OptionRow& row) { return row.name == name; });
    if (!is_its) continue;
    options.root.options[std::string(name)] = value;
    return true;
  }
  return false;
}

}  // namespace

Result<RecorderOrder> parse_recorder_order(std::span<const std::string> arguments) {
  const auto wrong = [] {
    return Error(ErrorCode::kInvalidArgument,
                 "this program records for layerwatt; people use 'layerwatt record'");
  };
  RecorderOrder order;
  if (arguments.empty() || arguments.front() != "record" || arguments.size() % 2 != 1) {
    return wrong();
  }
  for (std::size_t i = 1; i + 1 < arguments.size(); i += 2) {
    std::string_view name = arguments[i];
    if (!name.starts_with("--")) return wrong();
    name.remove_prefix(2);
    if (name == "control-fd") {
      const auto descriptor = parse_int64(arguments[i + 1]);
      const bool is_one =
          descriptor && *descriptor >= 0 && *descriptor <= std::numeric_limits<int>::max();
      if (!is_one) return wrong();
      order.control_fd = static_cast<int>(*descriptor);
    } else if (!take(name, arguments[i + 1], order.options)) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("the recorder does not know --{} {}", name, arguments[i + 1]));
    }
  }
  if (order.control_fd < 0) return wrong();
  return order;
}

void record_for_parent(const RecorderOptions& options, int control_fd) {
  // Ctrl-C reaches every process of the terminal; the one that measures decides when this one ends.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  RecorderControl control(control_fd);
  // A signal may come at any time, also while this function returns: what its handler reaches must
  // outlive it.
  static Cancellation stop;
  struct sigaction action {};
  action.sa_handler = [](int) { stop.request(); };
  ::sigaction(SIGTERM, &action, nullptr);
  RecorderEvents events;
  events.ready = [&](const RecorderSummary& summary) { control.tell_ready(summary); };
  events.still_wanted = [&] { return control.still_wanted(); };
  auto summary = record(options, stop, events);
  if (!summary) {
    control.tell_failure(summary.error());
    // The other process says it to the person; once is enough.
    std::_Exit(1);
  }
  control.tell_finished(*summary);
}

}  // namespace layerwatt
