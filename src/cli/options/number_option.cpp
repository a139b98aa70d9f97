#include "cli/options/number_option.h"

#include <string>

namespace layerwatt::cli {
namespace {

/// Limits from here on are there to catch mistakes, not to be read.
constexpr double kFar = 1e6;

}  // namespace

Check in_range(const NumberRange& range) {
  const auto refuse = [range](const std::string& text) { return refuse_number(text, range); };
  return {refuse, range.most < kFar ? describe(range) : ""};
}

Check seed() {
  const auto refuse = [](const std::string& text) { return refuse_seed(text); };
  return {refuse};
}

Check named() {
  const auto refuse = [](const std::string& text) -> std::string {
    return text.empty() ? "the name is empty (a variable that is not set?)" : "";
  };
  return {refuse};
}

}  // namespace layerwatt::cli
