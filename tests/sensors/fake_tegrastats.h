#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "layerwatt/sensors/tegrastats_sensor.h"

namespace layerwatt::testing {

/// A shell script that stands for tegrastats, in a folder of its own.
class FakeTegrastats {
 public:
  explicit FakeTegrastats(const std::string& body) {
    std::string pattern = (std::filesystem::temp_directory_path() / "layerwatt-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::ofstream(program()) << "#!/bin/sh\n" << body << '\n';
    std::filesystem::permissions(program(), std::filesystem::perms::owner_all);
  }
  ~FakeTegrastats() { std::filesystem::remove_all(folder_); }
  FakeTegrastats(const FakeTegrastats&) = delete;
  FakeTegrastats& operator=(const FakeTegrastats&) = delete;

  std::filesystem::path program() const { return folder_ / "tegrastats"; }
  std::filesystem::path folder() const { return folder_; }
  TegrastatsOptions options() const {
    TegrastatsOptions options;
    options.program = program();
    return options;
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace layerwatt::testing
