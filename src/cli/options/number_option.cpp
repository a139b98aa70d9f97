#include "cli/options/number_option.h"

#include <string>

namespace layerwatt::cli {
namespace {

/// Limits from here on are there to catch mistakes, not to be read.
constexpr double kFar = 1e6;

}  // namespace

CLI::Validator in_range(const NumberRange& range) {
  const auto refuse = [range](const std::string& text) { return refuse_number(text, range); };
  return CLI::Validator(refuse, range.most < kFar ? describe(range) : "", "");
}

CLI::Validator seed() {
  const auto refuse = [](const std::string& text) { return refuse_seed(text); };
  return CLI::Validator(refuse, "", "");
}

CLI::Validator named() {
  const auto refuse = [](const std::string& text) -> std::string {
    return text.empty() ? "the name is empty (a variable that is not set?)" : "";
  };
  return CLI::Validator(refuse, "", "");
}

}  // namespace layerwatt::cli
