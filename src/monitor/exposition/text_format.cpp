#include "monitor/exposition/text_format.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "layerwatt/core/numbers.h"

#include "core/utf8.h"

namespace layerwatt {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// Cuts what stands before the next `separator` off the front of `rest`.
std::string_view next_part(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return trimmed(part);
}

/// One entry of the header Accept: "text/plain;version=0.0.4;q=0.5".
struct AcceptedType {
  std::string name;
  std::string version;
  double quality = 1.0;
};

AcceptedType parse_accepted(std::string_view entry) {
  AcceptedType type;
  type.name = lower(next_part(entry, ';'));
  while (!entry.empty()) {
    std::string_view parameter = next_part(entry, ';');
    const std::string key = lower(next_part(parameter, '='));
    if (key == "version") type.version = std::string(parameter);
    if (key == "q") type.quality = parse_double(parameter).value_or(0.0);
  }
  return type;
}

std::string_view type_word(MetricKind kind, TextFormat format) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kInfo:
      return format == TextFormat::kOpenMetrics ? "info" : "gauge";
    case MetricKind::kGauge:
      break;
  }
  return "gauge";
}

/// Backslash and newline, and quotes where `quotes` says so, as both formats escape them.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

void append_labels(std::string& out, const std::vector<MetricLabel>& labels) {
  if (labels.empty()) return;
  char before = '{';
  for (const MetricLabel& label : labels) {
    out += before;
    before = ',';
    out += label.name;
    out += "=\"";
    append_escaped(out, valid_utf8(label.value), true);
    out += '"';
  }
  out += '}';
}

void append_sample(std::string& out, std::string_view name, const MetricSample& sample,
                   double value) {
  out += name;
  append_labels(out, sample.labels);
  out += ' ';
  append_shortest(out, value);
  out += '\n';
}

void append_header(std::string& out, const MetricDescription& description, TextFormat format) {
  const bool open = format == TextFormat::kOpenMetrics;
  const std::string name = open ? std::string(description.family) : sample_name(description);
  out += "# HELP " + name + ' ';
  append_escaped(out, description.help, open);
  out += "\n# TYPE " + name + ' ';
  out += type_word(description.kind, format);
  out += '\n';
  if (open && !description.unit.empty()) {
    out += "# UNIT " + name + ' ';
    out += description.unit;
    out += '\n';
  }
}

}  // namespace

std::string sample_name(const MetricDescription& description) {
  std::string name(description.family);
  if (description.kind == MetricKind::kCounter) name += "_total";
  if (description.kind == MetricKind::kInfo) name += "_info";
  return name;
}

TextFormat negotiate_format(std::string_view accept) {
  double open = 0.0;
  double plain = 0.0;
  while (!accept.empty()) {
    const AcceptedType type = parse_accepted(next_part(accept, ','));
    if (type.name == "application/openmetrics-text") {
      const bool ours = type.version.empty() || type.version == "1.0.0";
      if (ours) open = std::max(open, type.quality);
    } else if (type.name == "text/plain" || type.name == "text/*" || type.name == "*/*") {
      plain = std::max(plain, type.quality);
    }
  }
  return open > plain ? TextFormat::kOpenMetrics : TextFormat::kPrometheus;
}

std::string_view content_type(TextFormat format) {
  return format == TextFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

void write_metrics(std::span<const MetricFamily> families, TextFormat format, std::string& out) {
  const bool open = format == TextFormat::kOpenMetrics;
  for (const MetricFamily& family : families) {
    const auto finite = [](const MetricSample& sample) { return std::isfinite(sample.value); };
    if (std::ranges::none_of(family.samples, finite)) continue;
    const MetricDescription& description = *family.description;
    append_header(out, description, format);
    const std::string name = sample_name(description);
    const std::string created = std::string(description.family) + "_created";
    for (const MetricSample& sample : family.samples) {
      if (!finite(sample)) continue;
      append_sample(out, name, sample, sample.value);
      if (open && family.created && description.kind == MetricKind::kCounter) {
        append_sample(out, created, sample, *family.created);
      }
    }
  }
  if (open) out += "# EOF\n";
}

}  // namespace layerwatt
