#include "experiment/measure/trtexec_steps.h"

#include <fmt/format.h>

#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPassesBegin = "Starting inference";
constexpr std::string_view kPassesEnded = "Warmup completed";
constexpr std::string_view kStreamsWarning = "auxiliary streams";
/// Some readings of the slowest sensor bus: the reading after the last pass is the first that shows
/// the whole of it.
constexpr auto kTail = std::chrono::milliseconds(20);

}  // namespace

Error of_trtexec_file(Error error, std::string_view what) {
  return Error(error.code(),
               fmt::format("{} that trtexec wrote cannot be used (is the disk full?): {}", what,
                           error.to_string()));
}

Result<bool> run_trtexec(const TrtexecProgram& program, const std::vector<std::string>& arguments,
                         std::string_view what, const Cancellation& cancellation) {
  auto run = TrtexecRun::start(program, arguments);
  if (!run) return std::move(run).error();
  bool overlap = false;
  for (;;) {
    auto line = run->next_line(cancellation);
    if (!line) return std::move(line).error();
    if (!*line) break;
    overlap = overlap || (*line)->text.find(kStreamsWarning) != std::string::npos;
  }
  if (auto done = run->finish(what); !done) return std::move(done).error();
  return overlap;
}

Result<void> build_trtexec_engine(const TrtexecProgram& program, const fs::path& model,
                                  const fs::path& engine, const TensorRtBuild& build,
                                  const Cancellation& cancellation) {
  fs::path draft = engine;
  draft += ".part";
  auto built = run_trtexec(program, trtexec_build_arguments(program, model, draft, build),
                           "build the engine", cancellation);
  std::error_code error;
  if (built) {
    fs::rename(draft, engine, error);
    if (!error) return {};
    return error_from_errno(error.value(), "keep the engine that trtexec built").at(engine);
  }
  fs::remove(draft, error);
  return std::move(built).error();
}

Result<TrtexecTimed> time_with_trtexec(const TrtexecProgram& program,
                                       const std::vector<std::string>& arguments,
                                       const fs::path& times, const Cancellation& cancellation,
                                       const std::function<Result<void>()>& ready,
                                       const std::function<void()>& ended) {
  auto run = TrtexecRun::start(program, arguments);
  if (!run) return std::move(run).error();
  std::optional<Instant> began;
  std::optional<Instant> stopped;
  for (;;) {
    auto line = run->next_line(cancellation);
    if (!line) return std::move(line).error();
    if (!*line) break;
    if (!began && (*line)->text.find(kPassesBegin) != std::string::npos) {
      began = (*line)->when;
      if (auto r = ready(); !r) return std::move(r).error();
    } else if (began && !stopped && (*line)->text.find(kPassesEnded) != std::string::npos) {
      stopped = (*line)->when;
      std::this_thread::sleep_for(kTail);
      ended();
    }
  }
  if (auto done = run->finish("run the network"); !done) return std::move(done).error();
  if (!began || !stopped) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("{} never said that its passes began; is it NVIDIA's?", program.path.string()));
  }
  auto passes = read_trtexec_times(times);
  if (!passes) return of_trtexec_file(std::move(passes).error(), "the file of pass times");
  return TrtexecTimed{*std::move(passes), *began, *stopped};
}

}  // namespace layerwatt
