#include "cli/options/power_log_options.h"

#include <fmt/format.h>

#include "layerwatt/core/local_time.h"
#include "layerwatt/dataset/log_columns.h"

#include "cli/options/number_option.h"

namespace layerwatt::cli {

void PowerLogOptions::declare(App& app, const std::string& description) {
  app.add_option("--power-log", log, description)->check(named())->type_name("FILE");
  app.add_option("--columns", columns,
                 "Which columns of that log are what, where its header does not tell: "
                 "time=t:ms,power=P:mW, or voltage and current; only=index:0 for one of several "
                 "cards (docs/power-logs.md)")
      ->type_name("SPEC");
  app.add_option("--power-begin", begin,
                 "When a log whose times count from its own begin began, in the run's local time")
      ->type_name("STAMP");
}

Result<ForeignLogOptions> PowerLogOptions::resolve() const {
  ForeignLogOptions options;
  if (log.empty() && !(columns.empty() && begin.empty())) {
    return Error(ErrorCode::kInvalidArgument,
                 "--columns and --power-begin belong to a --power-log");
  }
  if (!columns.empty()) {
    auto parsed = parse_log_columns(columns);
    if (!parsed) return std::move(parsed).error();
    options.columns = *std::move(parsed);
  }
  if (begin.empty()) return options;
  options.begin = parse_local_stamp(begin);
  if (options.begin) return options;
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("--power-begin {}: expected YYYYMMDD-HH:MM:SS[.ffffff]", begin));
}

}  // namespace layerwatt::cli
