#include "layerwatt/monitor/serve.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/shell_word.h"

#include "monitor/board/board_monitor.h"
#include "monitor/board/counter_state.h"
#include "monitor/http/http_server.h"
#include "monitor/http/listen_address.h"
#include "monitor/http/password_file.h"
#include "monitor/serve/exporter.h"
#include "monitor/serve/service_notice.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLookEvery = std::chrono::seconds(1);
constexpr Duration kTextEvery = std::chrono::seconds(15);
constexpr Duration kNap = std::chrono::milliseconds(200);
constexpr std::size_t kLargestPem = std::size_t{1} << 20;

void nap() {
  const timespec time{0, static_cast<long>(kNap.count())};
  ::nanosleep(&time, nullptr);
}

/// A private key that anyone may read protects nothing.
Result<void> check_key(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return error_from_errno(errno, "read the key").at(path);
  if ((status.st_mode & S_IRWXO) == 0) return {};
  return Error(ErrorCode::kPermissionDenied,
               fmt::format("anyone may read this private key: chmod 600 {}",
                           shell_word(path.string())))
      .at(path);
}

Result<HttpServerOptions> server_options(const ServeOptions& options) {
  HttpServerOptions server;
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "TLS needs a certificate and its key: --tls-cert and --tls-key");
  }
  if (!options.tls_certificate.empty()) {
    auto certificate = read_file(options.tls_certificate, kLargestPem);
    if (!certificate) return std::move(certificate).error();
    if (auto ok = check_key(options.tls_key); !ok) return std::move(ok).error();
    auto key = read_file(options.tls_key, kLargestPem);
    if (!key) return std::move(key).error();
    server.tls_certificate = *std::move(certificate);
    server.tls_key = *std::move(key);
  }
  if (!options.password_file.empty()) {
    auto passwords = PasswordFile::read(options.password_file);
    if (!passwords) return std::move(passwords).error();
    server.passwords = *std::move(passwords);
  }
  return server;
}

Result<ListeningSocket> open_socket(const ServeOptions& options) {
  if (has_inherited_socket()) return ListeningSocket::inherited();
  auto address = parse_listen_address(options.listen);
  if (!address) return std::move(address).error();
  return ListeningSocket::open(*address);
}

ServeBeginning beginning_of(const BoardMonitor& monitor) {
  ServeBeginning beginning;
  beginning.board = monitor.board().name;
  beginning.rails.assign(monitor.rails().begin(), monitor.rails().end());
  for (const std::size_t i : monitor.total()) beginning.total.push_back(monitor.rails()[i].name);
  beginning.total_reason = monitor.total_reason();
  beginning.period = monitor.period();
  beginning.is_virtual = monitor.is_virtual();
  return beginning;
}

/// For node_exporter, which reads whatever ends in .prom, under a user of its own.
Result<void> write_text(Exporter& exporter, const fs::path& folder) {
  const fs::path path = folder / "layerwatt.prom";
  auto file = AtomicFile::create(path, AtomicFile::Durability::kWhenConvenient);
  if (!file) return std::move(file).error();
  file->write(exporter.render(TextFormat::kPrometheus));
  return file->commit();
}

Result<void> serve_until(const Cancellation& stop, Exporter& exporter, const fs::path& folder) {
  Instant next_look = MonotonicClock::now();
  Instant next_text = next_look;
  while (!stop.requested()) {
    const Instant now = MonotonicClock::now();
    if (now >= next_look) {
      exporter.look_for_runs();
      next_look = now + kLookEvery;
    }
    if (!folder.empty() && now >= next_text) {
      if (auto written = write_text(exporter, folder); !written) return written;
      next_text = now + kTextEvery;
    }
    nap();
  }
  if (folder.empty()) return {};
  // Left behind, it would show a board that nobody reads as if it stood still.
  std::error_code error;
  fs::remove(folder / "layerwatt.prom", error);
  return {};
}

/// For the next service of this boot.
Result<void> keep_counters(const BoardMonitor& monitor, Exporter& exporter, const fs::path& path) {
  const auto boot = read_boot_time();
  if (path.empty() || !boot) return {};
  const BoardReading reading = monitor.read();
  CounterState state{
      boot->id, boot->since_boot, exporter.began_unix_seconds(), {}, reading.sampler};
  for (std::size_t i = 0; i < reading.rails.size(); ++i) {
    const Rail& rail = monitor.rails()[i];
    state.rails.push_back({rail.name, rail.sensor, reading.rails[i]});
  }
  return write_counter_state(path, state);
}

}  // namespace

Result<void> serve(const ServeOptions& options, const Cancellation& stop,
                   const std::function<void(const ServeBeginning&)>& ready) {
  auto settings = server_options(options);
  if (!settings) return std::move(settings).error();
  const bool tls = !settings->tls_certificate.empty();
  std::optional<ListeningSocket> socket;
  if (!options.listen.empty()) {
    auto opened = open_socket(options);
    if (!opened) return std::move(opened).error();
    socket = *std::move(opened);
  }
  BoardMonitorOptions monitoring;
  monitoring.period = options.period;
  if (!options.state_file.empty()) {
    auto state = take_counter_state(options.state_file, read_boot_time());
    if (!state) return std::move(state).error();
    monitoring.resume = *std::move(state);
  }
  auto monitor = BoardMonitor::start(options.open, monitoring);
  if (!monitor) return std::move(monitor).error();
  ExporterOptions exporting{options.root, options.run_folders, options.power_budget};
  if (monitoring.resume) exporting.began_unix_seconds = monitoring.resume->began_unix_seconds;
  Exporter exporter(**monitor, exporting);
  ServeBeginning beginning = beginning_of(**monitor);
  std::unique_ptr<HttpServer> server;
  if (socket) {
    beginning.url = fmt::format("{}://{}/metrics", tls ? "https" : "http", socket->name());
    auto started =
        HttpServer::start(*std::move(socket), *std::move(settings),
                          [&](const HttpRequest& request) { return exporter.answer(request); });
    if (!started) return std::move(started).error();
    server = *std::move(started);
  }
  ready(beginning);
  notify_service_manager("READY=1");
  auto served = serve_until(stop, exporter, options.text_folder);
  notify_service_manager("STOPPING=1");
  server.reset();  // no scrape sees counters that are not kept
  auto kept = keep_counters(**monitor, exporter, options.state_file);
  return served ? kept : served;
}

}  // namespace layerwatt
