#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "layerwatt/sensors/tegrastats_sensor.h"

#include "dataset/temporary_folder.h"

namespace layerwatt::testing {

/// A shell script that stands for tegrastats, in a folder of its own.
class FakeTegrastats {
 public:
  explicit FakeTegrastats(const std::string& body) {
    std::ofstream(program()) << "#!/bin/sh\n" << body << '\n';
    std::filesystem::permissions(program(), std::filesystem::perms::owner_all);
  }

  std::filesystem::path program() const { return folder_ / "tegrastats"; }
  std::filesystem::path folder() const { return folder_.path(); }
  TegrastatsOptions options() const {
    TegrastatsOptions options;
    options.program = program();
    return options;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace layerwatt::testing
