#include "layerwatt/report/doctor_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "layerwatt/core/duration_text.h"
#include "layerwatt/core/version.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

constexpr std::size_t kLeastTextWidth = 24;

Color color_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kGood:
      return Color::kGreen;
    case Verdict::kAttention:
      return Color::kYellow;
    case Verdict::kFault:
      return Color::kRed;
    case Verdict::kNotKnown:
      break;
  }
  return Color::kDim;
}

/// The words of `text` in lines of at most `width` columns; a longer word has a line of its own.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t space = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, space - at);
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (display_width(line) + 1 + display_width(word) <= width) {
      line += ' ' + word;
    } else {
      lines.push_back(word);
    }
    at = space + 1;
  }
  return lines;
}

void write_findings(JsonWriter& json, const std::vector<Finding>& findings) {
  json.begin_array();
  for (const Finding& finding : findings) {
    json.begin_object();
    json.member("subject", finding.subject);
    json.member("verdict", to_string(finding.verdict));
    json.member("finding", finding.what);
    json.member("remedy", finding.remedy);
    json.end_object();
  }
  json.end_array();
}

std::optional<double> seconds(const std::optional<Duration>& time) {
  if (!time) return std::nullopt;
  return to_seconds(*time);
}

void write_self_test(JsonWriter& json, const SelfTest& test) {
  json.begin_object();
  json.member("rail", test.rail);
  json.member("virtual", test.is_virtual);
  json.member("length_second", to_seconds(test.length));
  json.member("declared_time_constant_second", seconds(test.declared_time_constant));
  json.member("measured_time_constant_second", seconds(test.measured_time_constant));
  json.member("largest_difference", test.largest_difference);
  json.key("loads").begin_array();
  for (const LayerProfileRow& row : test.profile.rows) {
    json.begin_object();
    json.member("name", row.layer.name);
    json.member("status", to_string(row.status));
    const auto watts = [&](std::string_view name, std::optional<Watts> power) {
      json.member(name, power ? std::optional(power->value()) : std::nullopt);
    };
    watts("power_watt", row.power ? std::optional(row.power->value) : std::nullopt);
    watts("power_low_watt", row.power ? row.power->low : std::nullopt);
    watts("power_high_watt", row.power ? row.power->high : std::nullopt);
    json.end_object();
  }
  json.end_array();
  write_findings(json.key("findings"), test.findings);
  json.end_object();
}

}  // namespace

void print_findings(std::ostream& out, const std::vector<Finding>& findings,
                    const TableStyle& style) {
  std::size_t before = display_width("not known") + 4;
  std::size_t subjects = 0;
  for (const Finding& finding : findings) {
    subjects = std::max(subjects, display_width(printable(finding.subject)));
  }
  before += subjects;
  const std::size_t columns = static_cast<std::size_t>(std::max(style.width, 0));
  const std::size_t width = std::max(kLeastTextWidth, columns - std::min(columns, before));
  TextTable table({{"Verdict"}, {"Subject"}, {"Found, and what to do"}});
  for (const Finding& finding : findings) {
    TextCell verdict(std::string(to_string(finding.verdict)), color_of(finding.verdict));
    TextCell subject(finding.subject, Color::kBold);
    std::vector<std::string> lines = wrapped(printable(finding.what), width);
    if (!finding.remedy.empty()) {
      for (std::string& line : wrapped("→ " + printable(finding.remedy), width)) {
        lines.push_back(std::move(line));
      }
    }
    for (const std::string& line : lines) {
      table.add_row({std::exchange(verdict, TextCell("")), std::exchange(subject, TextCell("")),
                     TextCell(line)});
    }
  }
  table.print(out, style);
}

void print_self_test(std::ostream& out, const SelfTest& test, const TableStyle& style) {
  out << fmt::format("\nSelf-test: one load under three names, switched on and off for {}{}\n\n",
                     format_duration(test.length), test.is_virtual ? "; the power is VIRTUAL" : "");
  print_findings(out, test.findings, style);
}

void write_doctor_json(std::ostream& out, const std::vector<Finding>& findings,
                       const std::optional<SelfTest>& test,
                       const std::map<std::string, std::string>& environment) {
  JsonWriter json(out);
  json.begin_object();
  json.member("schema_version", 1);
  json.member("layerwatt", kVersion);
  json.key("environment").begin_object();
  for (const auto& [name, value] : environment) json.member(name, value);
  json.end_object();
  write_findings(json.key("findings"), findings);
  json.key("self_test");
  if (test) {
    write_self_test(json, *test);
  } else {
    json.null();
  }
  json.end_object();
  out << '\n';
}

}  // namespace layerwatt
