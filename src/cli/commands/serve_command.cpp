#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/monitor/serve.h"

#include "cli/command.h"
#include "cli/options/duration_option.h"
#include "cli/options/monitor_options.h"
#include "cli/options/number_option.h"

namespace layerwatt::cli {
namespace {

struct ServeArguments {
  ServeOptions options;
  MonitorOptions monitored;
  std::string tls_certificate;
  std::string tls_key;
  std::string password_file;
  std::string text_folder;
  std::string state_file;
  std::optional<double> power_budget;
};

void print_beginning(std::ostream& out, const ServeBeginning& beginning) {
  std::vector<std::string_view> rails;
  for (const Rail& rail : beginning.rails) rails.push_back(rail.name);
  out << fmt::format("{}: {}, {}\n", beginning.board.empty() ? "this machine" : beginning.board,
                     fmt::join(rails, ", "),
                     beginning.period > Duration(0)
                         ? "every " + format_si(to_seconds(beginning.period), "s")
                         : std::string("at the sensor's own pace"));
  if (beginning.total.empty()) {
    out << "No total: " << beginning.total_reason << "\n";
  } else {
    out << fmt::format("Total: {}\n", fmt::join(beginning.total, " + "));
  }
  if (beginning.is_virtual) out << "The power is virtual: synthesised, not measured.\n";
  if (!beginning.url.empty()) out << fmt::format("Serving {}; Ctrl-C ends it\n", beginning.url);
  out.flush();
}

Result<void> run_serve(ServeArguments& arguments, Terminal& terminal) {
  ServeOptions& options = arguments.options;
  auto source = arguments.monitored.resolve();
  if (!source) return std::move(source).error();
  options.open = source->open;
  options.root = source->root;
  options.period = arguments.monitored.period;
  options.run_folders.assign(arguments.monitored.runs.begin(), arguments.monitored.runs.end());
  options.tls_certificate = arguments.tls_certificate;
  options.tls_key = arguments.tls_key;
  options.password_file = arguments.password_file;
  options.text_folder = arguments.text_folder;
  options.state_file = arguments.state_file;
  if (arguments.power_budget) options.power_budget = Watts(*arguments.power_budget);
  if (options.listen == "none") {
    options.listen.clear();
    if (options.text_folder.empty()) {
      return Error(ErrorCode::kInvalidArgument, "--listen none needs --textfile DIR");
    }
  }
  Cancellation stop;
  const SignalCancellation signals(stop);
  return serve(options, stop,
               [&](const ServeBeginning& beginning) { print_beginning(terminal.out, beginning); });
}

}  // namespace

Action declare_serve(App& app) {
  auto arguments = std::make_shared<ServeArguments>();
  app.add_option("--listen", arguments->options.listen,
                 "Where to listen; ':8000' is every address, '127.0.0.1:8000' this machine alone, "
                 "'none' only writes --textfile. A socket from systemd goes before it")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  arguments->monitored.declare(app);
  app.add_option("--tls-cert", arguments->tls_certificate, "Certificate, PEM; for https")
      ->check(named())
      ->type_name("FILE");
  app.add_option("--tls-key", arguments->tls_key, "Its private key, PEM, readable by few")
      ->check(named())
      ->type_name("FILE");
  app.add_option("--password-file", arguments->password_file,
                 "Users who may read, 'user:hash' a line as 'htpasswd -nB USER' prints it")
      ->check(named())
      ->type_name("FILE");
  app.add_option("--power-budget", arguments->power_budget,
                 "Watts the board is to draw at most, for alerts; from the power mode if absent")
      ->type_name("WATTS")
      ->check(in_range(ranges::kBudgetWatts));
  app.add_option(
         "--state", arguments->state_file,
         "Keep the counters in this file when stopped, and go on from it when started again "
         "before a reboot")
      ->check(named())
      ->type_name("FILE");
  app.add_option("--textfile", arguments->text_folder,
                 "Also write layerwatt.prom into this folder every 15 s, for node_exporter")
      ->type_name("DIR")
      ->check(existing_directory());
  app.footer(
      "Reads every rail of the board and serves power, energy, temperatures and clocks to "
      "Prometheus,\n"
      "at /metrics. layerwatt_board_energy_joules_total is a true counter: its rate() is the mean "
      "power\n"
      "between any two scrapes. docs/monitoring.md has dashboards, alerts and systemd units.\n\n"
      "Examples: layerwatt serve\n"
      "          layerwatt serve --listen 127.0.0.1:8000 --sensor virtual:orin-nano\n"
      "          layerwatt serve --tls-cert board.crt --tls-key board.key --password-file users");
  return [arguments](Terminal& terminal) { return run_serve(*arguments, terminal); };
}

}  // namespace layerwatt::cli
