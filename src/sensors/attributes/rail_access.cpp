#include "sensors/attributes/rail_access.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>

#include "sensors/attributes/attribute_text.h"

namespace layerwatt {
namespace {

/// Readings are kept as micro-units in 32 bits; drivers that lose a sign show 4294967295 for −1.
constexpr std::int64_t kMostMilli = 2'000'000;

std::string readable(std::string_view text) {
  std::string shown;
  for (const char c : text.substr(0, 40)) shown += (c < 0x20 || c > 0x7E) ? '?' : c;
  return shown;
}

}  // namespace

Result<AttributeFile> open_checked(const AttributeFolder& folder, std::string_view attribute) {
  const std::string path = folder.whole_path(attribute).string();
  auto file = folder.open(attribute);
  if (!file) {
    const ErrorCode code = file.error().code();
    if (code == ErrorCode::kPermissionDenied) {
      return Error(code, fmt::format("permission denied on {}", path));
    }
    if (code == ErrorCode::kNotFound) return Error(code, fmt::format("there is no {}", path));
    return std::move(file).error();
  }
  std::string_view text;
  switch (file->read_text(text)) {
    case ReadStatus::kOk:
    case ReadStatus::kTryAgain:
      return file;
    case ReadStatus::kDisabled:
      return Error(ErrorCode::kUnsupported,
                   fmt::format("the channel is switched off ({} answers 'no data')", path));
    case ReadStatus::kGone:
      return Error(ErrorCode::kGone, fmt::format("the device does not answer on {}", path));
    case ReadStatus::kGarbage:
      break;
  }
  return Error(ErrorCode::kParse, fmt::format("{} does not hold a reading", path));
}

Result<AttributeFile> open_milli(const AttributeFolder& folder, std::string_view attribute,
                                 std::int64_t divisor) {
  auto file = open_checked(folder, attribute);
  if (!file) return file;
  std::string_view text;
  if (file->read_text(text) != ReadStatus::kOk) return file;
  const auto number = parse_attribute_number(text);
  if (number && std::abs(*number / divisor) <= kMostMilli) return file;
  return Error(ErrorCode::kParse,
               fmt::format("{} reads '{}', which is no reading of a rail",
                           folder.whole_path(attribute).string(), readable(text)));
}

std::string remedy_for(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kPermissionDenied:
      return "run with sudo, or let the group 'layerwatt' read it: install "
             "deploy/udev/70-layerwatt-power.rules (docs/sensors/rights.md)";
    case ErrorCode::kGone:
      return "see the kernel's messages ('sudo dmesg'); a restart usually brings the chip back";
    default:
      return {};
  }
}

UnusableRail unusable(std::string name, std::string location, const Error& error) {
  return {std::move(name), std::move(location), error.message(), remedy_for(error)};
}

}  // namespace layerwatt
