#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "layerwatt/dataset/foreign_log.h"

/// The columns, if the first line begins with '%', and the log behind it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  layerwatt::ForeignLogOptions options;
  options.begin = layerwatt::LocalTime();
  if (text.starts_with('%')) {
    const std::size_t end = text.find('\n');
    auto columns =
        layerwatt::parse_log_columns(text.substr(1, end == std::string::npos ? end : end - 1));
    if (!columns) return 0;
    options.columns = *columns;
    text.erase(0, end == std::string::npos ? text.size() : end + 1);
  }
  std::istringstream in(text);
  const auto log = layerwatt::read_foreign_log(in, options);
  if (!log) return 0;
  for (std::size_t i = 1; i < log->log.size(); ++i) {
    if (log->log.time[i] < log->log.time[i - 1]) __builtin_trap();
  }
  if (log->log.size() == 0 || log->log.millivolts.size() != log->log.size()) __builtin_trap();
  return 0;
}
