#include "cli/options/number_check.h"

#include <fmt/format.h>

#include "layerwatt/core/numbers.h"

namespace layerwatt::cli {
namespace {

template <class Fits>
CLI::Validator check(std::string description, Fits fits) {
  const auto refuse = [description, fits](const std::string& text) -> std::string {
    const auto number = parse_double(text);
    if (number && fits(*number)) return "";
    return fmt::format("'{}' is not {}", text, description);
  };
  return CLI::Validator(refuse, "", "");
}

}  // namespace

CLI::Validator at_least(double least) {
  return check(fmt::format("a number from {}", least),
               [least](double number) { return number >= least; });
}

CLI::Validator whole_number(std::int64_t least) {
  const auto refuse = [least](const std::string& text) -> std::string {
    const auto number = parse_int64(text);
    if (number && *number >= least) return "";
    return fmt::format("'{}' is not a whole number from {}", text, least);
  };
  return CLI::Validator(refuse, "", "");
}

CLI::Validator above_zero() {
  return check("a number above 0", [](double number) { return number > 0.0; });
}

}  // namespace layerwatt::cli
