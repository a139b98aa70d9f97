#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Power modes of a Jetson, by NVIDIA's program nvpmodel.
class PowerModes {
 public:
  /// `program`: "nvpmodel" is found on PATH; the list of modes is read from `config`
  /// (/etc/nvpmodel.conf), where there is one.
  PowerModes(std::string program, std::filesystem::path config)
      : program_(std::move(program)), config_(std::move(config)) {}

  /// Number of the present mode ("0"), from `nvpmodel -q`.
  Result<std::string> present() const;
  /// Number of a mode given by number or name ("MAXN", "15W"). kNotFound names those there are.
  Result<std::string> number_of(std::string_view mode) const;
  /// Sets it and asks again whether it is set: some modes need a restart, which nobody wants at
  /// night. Needs root.
  Result<void> set(const std::string& number) const;

 private:
  std::string program_;
  std::filesystem::path config_;
};

/// The number in what `nvpmodel -q` prints ("NV Power Mode: MAXN\n0\n"); nullopt where there is
/// none.
std::optional<std::string> parse_nvpmodel_query(std::string_view text);

/// The number of the mode of that name in the text of nvpmodel.conf, lines of the form
/// "< POWER_MODEL ID=0 NAME=MAXN >"; `known` gets all names.
std::optional<std::string> find_power_mode(std::string_view config, std::string_view name,
                                           std::string& known);

}  // namespace layerwatt
