#include "layerwatt/report/campaign_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

#include "layerwatt/core/duration_text.h"
#include "layerwatt/core/numbers.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

struct PlanSums {
  Duration time{0};
  std::int64_t bytes = 0;
  std::size_t unknown = 0;
};

PlanSums sums_of(const CampaignPlan& plan) {
  PlanSums sums;
  for (const CampaignStep& step : plan.steps) {
    if (!step.estimate && step.kind == CampaignStep::Kind::kMeasure) ++sums.unknown;
    sums.time += step.estimate.value_or(Duration(0)) + step.rest.value_or(Duration(0));
    sums.bytes += step.bytes.value_or(0);
  }
  return sums;
}

std::string time_text(const std::optional<Duration>& time) {
  return time ? format_duration(*time) : "–";
}

std::string bytes_text(const std::optional<std::int64_t>& bytes) {
  return bytes ? format_si(static_cast<double>(*bytes), "B") : "–";
}

}  // namespace

void print_campaign_plan(std::ostream& out, const CampaignPlan& plan, const TableStyle& style) {
  TextTable table({{"#", Align::kRight},
                   {"Step", Align::kLeft, true, 20},
                   {"Power mode", Align::kLeft, false, 12, 1},
                   {"Rest before", Align::kRight, false, 12, 2},
                   {"Time", Align::kRight},
                   {"Disk", Align::kRight}});
  std::int64_t number = 0;
  for (const CampaignStep& step : plan.steps) {
    table.add_row({format_grouped(++number), step.id, step.power_mode.value_or(""),
                   step.rest ? "up to " + format_duration(*step.rest) : "",
                   time_text(step.estimate), bytes_text(step.bytes)});
  }
  const PlanSums sums = sums_of(plan);
  table.add_rule();
  table.add_row({"", "all", "", "", format_duration(sums.time), bytes_text(sums.bytes)});
  table.print(out, style);
  if (sums.unknown > 0) {
    out << fmt::format(
        "The sums leave out {} measurements that count runs: how long these take, the network "
        "decides.\n",
        sums.unknown);
  }
}

void write_campaign_plan_json(std::ostream& out, const CampaignPlan& plan) {
  const PlanSums sums = sums_of(plan);
  JsonWriter json(out);
  json.begin_object();
  json.key("steps").begin_array();
  for (const CampaignStep& step : plan.steps) {
    json.begin_object();
    json.member("id", step.id);
    json.key("arguments").begin_array();
    for (const std::string& argument : step.arguments) json.value(argument);
    json.end_array();
    json.member("result", step.result.string());
    json.member("power_mode", step.power_mode);
    json.member("rest_seconds", step.rest ? std::optional(to_seconds(*step.rest)) : std::nullopt);
    json.member("seconds",
                step.estimate ? std::optional(to_seconds(*step.estimate)) : std::nullopt);
    json.member("bytes", step.bytes);
    json.end_object();
  }
  json.end_array();
  json.member("seconds", to_seconds(sums.time));
  json.member("bytes", sums.bytes);
  json.member("steps_of_unknown_time", static_cast<std::int64_t>(sums.unknown));
  json.end_object();
  out << '\n';
}

void print_campaign_event(std::ostream& out, const CampaignEvent& event) {
  const std::string place =
      event.step > 0 ? fmt::format("[{}/{}] {}", event.step, event.steps, event.text) : event.text;
  switch (event.kind) {
    case CampaignEvent::Kind::kBegan:
      out << fmt::format("{} steps", event.steps);
      if (event.time) out << fmt::format(", about {}", format_duration(*event.time));
      break;
    case CampaignEvent::Kind::kSkipped:
      out << place << ": " << event.reason;
      break;
    case CampaignEvent::Kind::kStarted:
      out << place;
      if (event.time) out << fmt::format(", about {} to go", format_duration(*event.time));
      break;
    case CampaignEvent::Kind::kResting:
      out << place << ": resting before it, up to " << time_text(event.time);
      break;
    case CampaignEvent::Kind::kDone:
      out << place << ": done in " << time_text(event.time);
      break;
    case CampaignEvent::Kind::kFailed:
      out << place << ": FAILED: " << event.reason;
      break;
    case CampaignEvent::Kind::kStopped:
      out << "Stopped: " << event.reason << "; the same command goes on from here";
      break;
    case CampaignEvent::Kind::kEnded:
      return;
  }
  out << '\n';
}

void write_campaign_event_json(std::ostream& out, const CampaignEvent& event) {
  JsonWriter json(out, JsonWriter::Style::kCompact);
  json.begin_object();
  json.member("event", to_string(event.kind));
  if (event.step > 0) {
    json.member("step", static_cast<std::int64_t>(event.step));
    json.member("id", event.text);
  }
  json.member("steps", static_cast<std::int64_t>(event.steps));
  if (!event.reason.empty()) json.member("reason", event.reason);
  if (event.time) json.member("seconds", to_seconds(*event.time));
  json.end_object();
  out << '\n';
}

void print_campaign_summary(std::ostream& out, const CampaignOutcome& outcome) {
  out << fmt::format("{} done, {} done before, {} failed\n", outcome.done, outcome.skipped,
                     outcome.failed.size());
  for (const auto& [id, reason] : outcome.failed) {
    out << fmt::format("  {}: {}\n", printable(id), printable(reason));
  }
}

}  // namespace layerwatt
