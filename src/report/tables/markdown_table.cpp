#include "layerwatt/report/markdown_table.h"

#include <fmt/format.h>

#include "layerwatt/core/numbers.h"
#include "layerwatt/report/text_table.h"

namespace layerwatt {
namespace {

/// Text that Markdown shows as it is: every character that means something to it is escaped.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    static constexpr std::string_view kSpecial = "\\`*_{}[]()<>#+-.!|~&";
    if (c == '<') {
      out += "&lt;";
      continue;
    }
    if (c == '&') {
      out += "&amp;";
      continue;
    }
    if (kSpecial.find(c) != std::string_view::npos && c != '.' && c != '-' && c != '(' && c != ')')
      out += '\\';
    out += c;
  }
  return out;
}

template <class Q>
std::string with_interval(const std::optional<Estimate<Q>>& estimate, std::string_view unit) {
  if (!estimate) return "–";
  std::string text = format_si(estimate->value.value(), unit);
  if (estimate->low && estimate->high) {
    text += fmt::format(" ({} to {})", format_si(estimate->low->value(), unit),
                        format_si(estimate->high->value(), unit));
  }
  return text;
}

}  // namespace

void write_markdown_table(std::ostream& out, const LayerProfile& profile) {
  out << fmt::format(
      "**{}**: method {}, rail {}, {} passes{}{}. Powers and energies are above idle.\n\n",
      plain(profile.model), plain(profile.method), plain(profile.rail),
      format_grouped(profile.passes),
      profile.is_virtual ? ", **virtual power: simulated, not measured**" : "",
      profile.is_partial ? ", **partial recording**" : "");
  out << "| # | layer | type | runs | median | p95 | power | energy | share | status |\n"
         "| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n";
  for (std::size_t i = 0; i < profile.rows.size(); ++i) {
    const LayerProfileRow& row = profile.rows[i];
    out << fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", i + 1,
                       plain(row.layer.name), plain(row.layer.type),
                       format_grouped(row.run_time.count),
                       format_si(to_seconds(row.run_time.median), "s"),
                       format_si(to_seconds(row.run_time.p95), "s"), with_interval(row.power, "W"),
                       with_interval(row.energy, "J"),
                       row.share ? format_fixed(*row.share * 100.0, 1) + " %" : std::string("–"),
                       to_string(row.status));
  }
  if (profile.pass_energy) {
    out << fmt::format("\nOne pass: {}.\n", with_interval(profile.pass_energy, "J"));
  }
  for (const std::string& note : profile.notes) out << fmt::format("\n- {}", plain(note));
  if (!profile.notes.empty()) out << '\n';
}

}  // namespace layerwatt
