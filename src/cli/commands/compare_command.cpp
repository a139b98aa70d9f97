#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <sstream>

#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/report/comparison_view.h"

#include "cli/command.h"
#include "cli/options/number_option.h"

namespace layerwatt::cli {

Action declare_compare(App& app);

namespace {

struct Options {
  std::vector<std::string> runs;
  std::string fail_if_worse;
  std::string html;
  bool json = false;
};

struct NamedProfile {
  std::string name;
  LayerProfile profile;
};

/// A layer_profile.json, or a folder that holds one.
Result<NamedProfile> load(const std::string& run) {
  std::filesystem::path path = run;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) path /= "layer_profile.json";
  auto profile = read_profile_json(path);
  if (!profile) {
    if (profile.error().code() != ErrorCode::kNotFound) return std::move(profile).error();
    return Error(
        ErrorCode::kNotFound,
        fmt::format("'{}' holds no layer_profile.json; make it with 'layerwatt map'", run));
  }
  std::filesystem::path shown = run;
  if (shown.filename() == "layer_profile.json") shown = shown.parent_path();
  if (shown.filename().empty()) shown = shown.parent_path();
  return NamedProfile{shown.filename().string(), *std::move(profile)};
}

/// Two runs of one model have folders of one name: their parents tell them apart.
void tell_apart(std::vector<NamedProfile>& profiles, const std::vector<std::string>& runs) {
  for (std::size_t i = 1; i < profiles.size(); ++i) {
    if (profiles[i].name != profiles[0].name) continue;
    for (std::size_t k = 0; k < profiles.size(); ++k) profiles[k].name = runs[k];
    return;
  }
}

std::string_view without_percent_sign(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  return text;
}

std::string refuse_limit(const std::string& text) {
  if (refuse_number(without_percent_sign(text), ranges::kPercent).empty()) return "";
  return fmt::format("'{}' is not a percentage such as 5%, from {}", text,
                     describe(ranges::kPercent));
}

Result<void> compare(const Options& options, Terminal& terminal) {
  std::optional<double> limit;
  if (const auto percent = parse_double(without_percent_sign(options.fail_if_worse))) {
    limit = *percent / 100.0;
  }
  std::vector<NamedProfile> profiles;
  for (const std::string& run : options.runs) {
    auto loaded = load(run);
    if (!loaded) return std::move(loaded).error();
    profiles.push_back(*std::move(loaded));
  }
  tell_apart(profiles, options.runs);
  std::vector<ComparisonView> views;
  std::string worse;
  if (options.json && profiles.size() > 2) terminal.out << "[\n";
  for (std::size_t i = 1; i < profiles.size(); ++i) {
    const ComparisonView& view = views.emplace_back(
        ComparisonView{profiles[0].name, profiles[i].name, profiles[0].profile, profiles[i].profile,
                       compare_profiles(profiles[0].profile, profiles[i].profile)});
    if (options.json) {
      if (i > 1) terminal.out << ",\n";
      write_comparison_json(terminal.out, view);
    } else {
      if (i > 1) terminal.out << '\n';
      print_comparison(terminal.out, view, {terminal.width, terminal.color});
    }
    if (limit) {
      const auto is = is_worse(view.comparison, *limit);
      if (!is) return Error(is.error());
      if (*is) worse = view.after_name;
    }
  }
  if (options.json && profiles.size() > 2) terminal.out << "]\n";
  if (!options.html.empty()) {
    std::ostringstream page;
    write_comparison_page(page, views);
    if (auto written = write_file_atomically(options.html, page.str()); !written) return written;
  }
  if (!worse.empty()) {
    return Error(ErrorCode::kUnknowable, fmt::format("{} is worse than {} by more than {}", worse,
                                                     profiles[0].name, options.fail_if_worse));
  }
  return {};
}

}  // namespace

Action declare_compare(App& app) {
  auto options = std::make_shared<Options>();
  app.add_option(
         "run", options->runs,
         "Folders with a layer_profile.json, or such files; the first is what the others are "
         "compared with")
      ->required()
      ->expected(2, 20);
  app.add_option(
         "--fail-if-worse", options->fail_if_worse,
         "Exit with 1 if a pass costs more energy (or time, without energies) by more than this, "
         "for instance 5%; a difference whose interval holds zero is not worse")
      ->check({refuse_limit});
  app.add_option("--html", options->html, "Also write a page to this file")->check(named());
  app.add_flag("--json", options->json, "Print JSON instead of tables");
  app.footer("Example: layerwatt compare before/alexnet after/alexnet --fail-if-worse 5%");
  return [options](Terminal& terminal) { return compare(*options, terminal); };
}

}  // namespace layerwatt::cli
