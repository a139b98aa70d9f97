#include "layerwatt/report/comparison_view.h"

#include <fmt/format.h>

#include "layerwatt/core/numbers.h"

#include "core/json_writer.h"
#include "report/html/escape_html.h"

namespace layerwatt {
namespace {

std::string relative_text(const std::optional<Change>& change) {
  if (!change || !change->relative()) return "–";
  const double percent = *change->relative() * 100.0;
  return fmt::format("{}{} %", percent > 0 ? "+" : "", format_fixed(percent, 1));
}

std::string difference_text(const std::optional<Change>& change, std::string_view unit) {
  if (!change) return "–";
  std::string text = format_si(change->difference, unit);
  if (change->difference > 0) text.insert(0, "+");
  if (change->half_width) text += fmt::format(" ± {}", format_si(*change->half_width, unit));
  return text;
}

/// What a person wants to know of a change: better, worse, or nothing that the data can tell.
std::string_view verdict(const std::optional<Change>& change) {
  if (!change) return "";
  const auto significant = change->is_significant();
  if (!significant)
    return change->difference > 0 ? "more" : change->difference < 0 ? "less" : "equal";
  if (!*significant) return "no difference told";
  return change->difference > 0 ? "worse" : "better";
}

Color color_of(std::string_view verdict) {
  if (verdict == "worse") return Color::kRed;
  if (verdict == "better") return Color::kGreen;
  return Color::kDim;
}

const LayerProfileRow& row_of(const ComparisonView& view, const ComparedLayer& layer) {
  return layer.before ? view.before.rows[*layer.before] : view.after.rows[*layer.after];
}

/// Names of the rows on one side, as engines join those of what they fuse.
std::string joined(const std::vector<LayerProfileRow>& rows, std::size_t first,
                   const std::vector<std::size_t>& more) {
  std::string names = rows[first].layer.name;
  for (const std::size_t row : more) names += " + " + rows[row].layer.name;
  return names;
}

std::string name_of(const ComparisonView& view, const ComparedLayer& layer) {
  if (layer.matched == MatchedBy::kOrigin) {
    return layer.more_before.empty() || !layer.more_after.empty()
               ? joined(view.before.rows, *layer.before, layer.more_before)
               : view.after.rows[*layer.after].layer.name;
  }
  const std::string& name = row_of(view, layer).layer.name;
  if (layer.matched != MatchedBy::kPosition) return name;
  const std::string& other = view.after.rows[*layer.after].layer.name;
  return name == other ? name : fmt::format("{} → {}", name, other);
}

/// Where the layer is, when it is not in both.
std::string presence(const ComparisonView& view, const ComparedLayer& layer) {
  if (layer.before && layer.after) {
    const std::size_t before = 1 + layer.more_before.size();
    const std::size_t after = 1 + layer.more_after.size();
    return before == 1 && after == 1 ? "" : fmt::format("{} → {} layers", before, after);
  }
  return fmt::format("only in {}", layer.before ? view.before_name : view.after_name);
}

/// The verdict, and where the layer is or what it became.
std::string told_of(const ComparisonView& view, const ComparedLayer& layer) {
  const std::string said(verdict(layer.energy));
  const std::string where = presence(view, layer);
  if (said.empty() || where.empty()) return said + where;
  return fmt::format("{}, {}", said, where);
}

std::string energy_text(const std::vector<LayerProfileRow>& rows, std::optional<std::size_t> index,
                        const std::vector<std::size_t>& more) {
  if (!index || !rows[*index].energy) return "–";
  double sum = rows[*index].energy->value.value();
  for (const std::size_t row : more) {
    if (!rows[row].energy) return "–";
    sum += rows[row].energy->value.value();
  }
  return format_si(sum, "J");
}

std::string value_text(const std::optional<Change>& change, double Change::*value,
                       std::string_view unit) {
  return change ? format_si((*change).*value, unit) : "–";
}

struct TotalLine {
  std::string_view what;
  const std::optional<Change>& change;
  std::string_view unit;
};

std::vector<TotalLine> totals_of(const Comparison& comparison) {
  return {{"energy of a pass", comparison.pass_energy, "J"},
          {"run time of a pass", comparison.pass_time, "s"}};
}

void write_change(JsonWriter& json, std::string_view key, const std::optional<Change>& change) {
  json.key(key);
  if (!change) {
    json.null();
    return;
  }
  json.begin_object();
  json.member("before", change->before).member("after", change->after);
  json.member("difference", change->difference).member("half_width", change->half_width);
  json.member("relative", change->relative());
  json.member("significant", change->is_significant());
  json.end_object();
}

constexpr std::string_view kPageHead = R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<style>
:root { --ground: #fff; --text: #1b2430; --muted: #566273; --line: #d9dde3; --worse: #a32a00; --better: #00664a; --warn: #fff4d6; --warn-text: #6b4700; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #12171e; --text: #e7ecf2; --muted: #a3afbe; --line: #313b48; --worse: #ff9a70; --better: #5ad1a8; --warn: #3d2f0c; --warn-text: #ffdd8f; }
}
body { margin: 0 auto; max-width: 1300px; padding: 20px clamp(14px, 4vw, 44px); background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
.box { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child, th:last-child, td:last-child { text-align: left; }
td:first-child { max-width: 380px; overflow: hidden; text-overflow: ellipsis; unicode-bidi: isolate; }
.worse { color: var(--worse); } .better { color: var(--better); } .minor { color: var(--muted); }
.warn { background: var(--warn); color: var(--warn-text); border-radius: 8px; padding: 8px 14px; }
</style>
)";

}  // namespace

void print_comparison(std::ostream& out, const ComparisonView& view, const TableStyle& style) {
  out << fmt::format("{} against {}\n\n", printable(view.after_name), printable(view.before_name));
  TextTable table({{"layer", Align::kLeft, true, 16},
                   {view.before_name, Align::kRight},
                   {view.after_name, Align::kRight},
                   {"energy", Align::kRight},
                   {"", Align::kRight},
                   {"run time", Align::kRight},
                   {"", Align::kLeft}});
  for (const ComparedLayer& layer : view.comparison.layers) {
    const std::string_view said = verdict(layer.energy);
    table.add_row({name_of(view, layer),
                   energy_text(view.before.rows, layer.before, layer.more_before),
                   energy_text(view.after.rows, layer.after, layer.more_after),
                   difference_text(layer.energy, "J"),
                   relative_text(layer.energy),
                   relative_text(layer.run_time),
                   {told_of(view, layer), color_of(said)}});
  }
  table.print(out, style);
  out << '\n';
  for (const TotalLine& total : totals_of(view.comparison)) {
    if (!total.change) continue;
    out << fmt::format(
        "{}: {} → {}, {} ({}){}{}\n", total.what, format_si(total.change->before, total.unit),
        format_si(total.change->after, total.unit), difference_text(total.change, total.unit),
        relative_text(total.change), total.change->is_significant() ? ", " : "",
        total.change->is_significant() ? verdict(total.change) : "");
  }
  for (const std::string& warning : view.comparison.warnings)
    out << "Note: " << printable(warning) << '\n';
}

void write_comparison_json(std::ostream& out, const ComparisonView& view) {
  JsonWriter json(out);
  json.begin_object();
  json.member("schema_version", 1);
  json.member("before", view.before_name).member("after", view.after_name);
  write_change(json, "pass_energy_joule", view.comparison.pass_energy);
  write_change(json, "pass_time_second", view.comparison.pass_time);
  json.key("layers").begin_array();
  for (const ComparedLayer& layer : view.comparison.layers) {
    const auto name = [](const std::vector<LayerProfileRow>& rows, std::optional<std::size_t> i,
                         const std::vector<std::size_t>& more) {
      return i ? std::optional<std::string>(joined(rows, *i, more)) : std::nullopt;
    };
    json.begin_object();
    json.member("before", name(view.before.rows, layer.before, layer.more_before));
    json.member("after", name(view.after.rows, layer.after, layer.more_after));
    json.member("matched_by", to_string(layer.matched));
    write_change(json, "energy_joule", layer.energy);
    write_change(json, "power_watt", layer.power);
    write_change(json, "median_run_time_second", layer.run_time);
    json.end_object();
  }
  json.end_array();
  json.key("warnings").begin_array();
  for (const std::string& warning : view.comparison.warnings) json.value(warning);
  json.end_array();
  json.end_object();
  out << '\n';
}

namespace {

void write_section(std::ostream& out, const ComparisonView& view) {
  const std::string title =
      escape_html(fmt::format("{} against {}", view.after_name, view.before_name));
  out << "<h1>" << title << "</h1>\n";
  for (const std::string& warning : view.comparison.warnings) {
    out << "<p class=\"warn\">" << escape_html(warning) << "</p>\n";
  }
  for (const TotalLine& total : totals_of(view.comparison)) {
    if (!total.change) continue;
    const std::string_view said = verdict(total.change);
    out << fmt::format("<p>{}: {} → {}, <b class=\"{}\">{} ({})</b></p>\n", total.what,
                       value_text(total.change, &Change::before, total.unit),
                       value_text(total.change, &Change::after, total.unit), said,
                       difference_text(total.change, total.unit), relative_text(total.change));
  }
  out << "<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Layers "
         "compared\"><table>\n"
      << fmt::format(
             "<thead><tr><th scope=\"col\">layer</th><th scope=\"col\">energy, {}</th>"
             "<th scope=\"col\">energy, {}</th><th scope=\"col\">difference</th>"
             "<th scope=\"col\">energy</th><th scope=\"col\">run time</th>"
             "<th scope=\"col\">verdict</th></tr></thead>\n<tbody>\n",
             escape_html(view.before_name), escape_html(view.after_name));
  for (const ComparedLayer& layer : view.comparison.layers) {
    const std::string_view said = verdict(layer.energy);
    out << fmt::format(
        "<tr><td dir=\"auto\">{}</td><td>{}</td><td>{}</td><td>{}</td>"
        "<td class=\"{}\">{}</td><td>{}</td><td>{}</td></tr>\n",
        escape_html(name_of(view, layer)),
        energy_text(view.before.rows, layer.before, layer.more_before),
        energy_text(view.after.rows, layer.after, layer.more_after),
        difference_text(layer.energy, "J"), said, relative_text(layer.energy),
        relative_text(layer.run_time), escape_html(told_of(view, layer)));
  }
  out << "</tbody></table></div>\n";
}

}  // namespace

void write_comparison_page(std::ostream& out, std::span<const ComparisonView> views) {
  out << kPageHead << "<title>layerwatt comparison</title></head><body><main>\n";
  for (const ComparisonView& view : views) write_section(out, view);
  out << "<p class=\"minor\">Energies are of one execution, above idle. ± is the half-width of the "
         "interval of the difference; “no difference told” means that it holds zero.</p>\n"
         "</main></body></html>\n";
}

}  // namespace layerwatt
