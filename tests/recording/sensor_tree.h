#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

namespace layerwatt::testing {

/// A folder of its own for a test, gone with it.
class TempFolder {
 public:
  TempFolder() {
    static std::atomic<int> number{0};
    path_ = std::filesystem::temp_directory_path() /
            ("layerwatt_" + std::to_string(::getpid()) + "_" + std::to_string(++number));
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

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
  TempFolder folder_;
};

}  // namespace layerwatt::testing
