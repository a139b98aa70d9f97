#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "dataset/temporary_folder.h"

namespace layerwatt::testing {

/// A tree with one INA3221 as the mainline driver shows it: rail VDD_IN, 5 V and 1 A.
class SensorTree {
 public:
  SensorTree() {
    std::filesystem::create_directories(chip());
    write("name", "ina3221");
    write("in1_label", "VDD_IN");
    write("in1_enable", "1");
    write("in1_input", "5000");
    write("curr1_input", "1000");
    write("shunt1_resistor", "5000");
    write("samples", "512");
    write("update_interval", "430");
  }
  const std::filesystem::path& root() const { return folder_.path(); }
  std::filesystem::path chip() const { return folder_.path() / "sys/class/hwmon/hwmon1"; }
  void write(const std::string& attribute, const std::string& text) const {
    std::ofstream(chip() / attribute) << text << '\n';
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace layerwatt::testing
