#include "cli/options/tensorrt_options.h"

#include <CLI/CLI.hpp>

#include "layerwatt/engines/tensorrt_engine.h"

#include "cli/options/number_check.h"

namespace layerwatt::cli {

void TensorRtOptions::declare(CLI::App& app) {
  app.add_option("--optimization-level", optimization_level,
                 "TensorRT only: how long the builder searches, 0 to 5 (8.6 and later)")
      ->check(CLI::Range(0, 5))
      ->capture_default_str();
  app.add_option("--dla-core", dla_core,
                 "TensorRT only: run on this deep-learning accelerator, with the GPU for what it "
                 "cannot")
      ->check(whole_number(0));
  app.add_option("--workspace", workspace_mib, "TensorRT only: most scratch memory, in MiB")
      ->check(whole_number(1));
  app.add_option("--engine-cache", engine_cache,
                 "TensorRT only: where built engines and timings are kept "
                 "(~/.cache/layerwatt/tensorrt)")
      ->type_name("FOLDER");
  app.add_flag("!--no-engine-cache", keep_engines, "TensorRT only: build anew, keep nothing");
}

void TensorRtOptions::declare_trtexec(CLI::App& app) {
  app.add_option("--trtexec", trtexec,
                 "Engine trtexec only: the program; found on PATH or in "
                 "/usr/src/tensorrt/bin if absent")
      ->type_name("PATH");
}

TensorRtBuild TensorRtOptions::build(DataType type) const {
  TensorRtBuild out;
  out.type = type;
  out.optimization_level = optimization_level;
  out.dla_core = dla_core;
  out.workspace_mib = workspace_mib;
  if (keep_engines) {
    out.cache_folder =
        engine_cache.empty() ? default_tensorrt_cache() : std::filesystem::path(engine_cache);
  }
  return out;
}

Result<TrtexecProgram> TensorRtOptions::find_trtexec() const {
  return layerwatt::find_trtexec(trtexec_places(trtexec));
}

Result<std::unique_ptr<Engine>> TensorRtOptions::open_engine(DataType type) const {
  return open_tensorrt(tensorrt_places(), build(type));
}

}  // namespace layerwatt::cli
