#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/engines/tensorrt.h"

namespace layerwatt {

/// NVIDIA's `trtexec`: builds engines and times them, without our linking to TensorRT. What it
/// prints, exports and takes was read in NVIDIA/TensorRT, samples/trtexec and samples/common, tags
/// 8.2.1, 8.4.1, 8.5.2, 8.6.1, 10.3.0, 10.13.3 and 11.1.
struct TrtexecProgram {
  std::filesystem::path path;
  TensorRtVersion version;
};

/// Where it may lie.
struct TrtexecPlaces {
  /// Of --trtexec. If given, nothing else is tried.
  std::filesystem::path chosen;
  /// Of the environment variable PATH.
  std::string search_path;
  /// JetPack's and the packages' place, which is not on PATH.
  std::filesystem::path installed = "/usr/src/tensorrt/bin/trtexec";
};

/// Of this process.
TrtexecPlaces trtexec_places(const std::filesystem::path& chosen);

/// Finds it and asks for its version (`trtexec --help`, which touches no GPU). kNotFound says where
/// it was looked for and which package has it; kUnsupported names a version that is too old.
Result<TrtexecProgram> find_trtexec(const TrtexecPlaces& places);

/// The version in what trtexec prints first: "&&&& RUNNING TensorRT.trtexec [TensorRT v8502] # …".
std::optional<TensorRtVersion> parse_trtexec_banner(std::string_view output);

/// The three commands of a measurement. Each is a process of its own: what is recorded is then the
/// timed passes alone, neither building nor profiling.
/// Arguments of building: an ONNX model to a serialised engine with all that the inspector can
/// tell; layers one after the other where the version can be told so (8.6).
std::vector<std::string> trtexec_build_arguments(const TrtexecProgram& program,
                                                 const std::filesystem::path& model,
                                                 const std::filesystem::path& engine,
                                                 const TensorRtBuild& build);
/// Arguments of passes under the layer profiler, in an order that trtexec keeps from 8.2 to 11.
std::vector<std::string> trtexec_profile_arguments(const TrtexecProgram& program,
                                                   const std::filesystem::path& engine,
                                                   std::int64_t passes,
                                                   const std::filesystem::path& profile,
                                                   const std::filesystem::path& layers);

struct TrtexecTiming {
  std::int64_t passes = 1;
  /// At least so long; whole seconds, as trtexec takes them. 0: `passes` alone count.
  std::int64_t seconds = 0;
  /// How long trtexec holds its first pass back once it is ready: the GPU rests, and so does the
  /// process.
  Duration hold{0};
  /// Whether the waiting thread spins.
  bool spinning = false;
};

/// Arguments of timed passes without a profiler: no copies to and from the GPU, no CUDA graph (11
/// has both the other way round by itself), no warm-up of trtexec's own, so that every pass that
/// ran is in the times.
std::vector<std::string> trtexec_timing_arguments(const TrtexecProgram& program,
                                                  const std::filesystem::path& engine,
                                                  const TrtexecTiming& timing,
                                                  const std::filesystem::path& times);

/// One run of trtexec. Ended when this object goes.
class TrtexecRun {
 public:
  struct Line {
    /// When it came out of trtexec, which flushes each line.
    Instant when;
    std::string text;
  };

  static Result<TrtexecRun> start(const TrtexecProgram& program,
                                  const std::vector<std::string>& arguments);
  TrtexecRun(TrtexecRun&&) noexcept;
  TrtexecRun& operator=(TrtexecRun&&) noexcept;
  ~TrtexecRun();

  /// Waits for a line; nullopt when there will be no more. kCancelled: a person asked to stop.
  Result<std::optional<Line>> next_line(const Cancellation& cancellation);
  /// To be called after the last line: an error with trtexec's own words, and what to do about
  /// them, if it failed. `what` was to be done ("build the engine").
  Result<void> finish(std::string_view what);
  /// The last of what it printed.
  const std::string& log() const;

 private:
  class State;
  explicit TrtexecRun(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace layerwatt
