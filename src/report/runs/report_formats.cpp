#include "layerwatt/report/report_formats.h"

#include <array>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/report/energy_plot.h"
#include "layerwatt/report/report_page.h"
#include "layerwatt/report/trace_file.h"

#include "report/pictures/mapping_steps.h"
#include "report/tables/markdown_table.h"

namespace layerwatt {
namespace {

/// Writes one file as a stream; readers see the whole of it or none.
template <Result<void> (*kWrite)(std::ostream&, const RunReport&)>
Result<void> write_whole(const std::filesystem::path& path, const RunReport& run) {
  auto file = AtomicFile::create(path, AtomicFile::Durability::kWhenConvenient);
  if (!file) return std::move(file).error();
  if (Result<void> written = kWrite(file->stream(), run); !written) return written;
  return file->commit();
}

Result<void> write_page(std::ostream& out, const RunReport& run) {
  return write_report_page(out, run.report);
}

Result<void> write_csv(std::ostream& out, const RunReport& run) {
  write_profile_csv(out, run.report.profile);
  return {};
}

Result<void> write_trace(std::ostream& out, const RunReport& run) {
  return write_trace_file(out, run.report, run.rails, run.counters);
}

constexpr std::array kFormats = {
    ReportFormat{.option = "-o,--output,--html",
                 .help = "Write the page to this file",
                 .write = write_whole<write_page>},
    ReportFormat{
        .option = "--png",
        .help = "Write a bar chart of energy per layer to this file",
        .write = [](const std::filesystem::path& path,
                    const RunReport& run) { return write_energy_plot(path, run.report.profile); }},
    ReportFormat{.option = "--csv",
                 .help = "Write a row a layer to this file",
                 .write = write_whole<write_csv>},
    ReportFormat{.option = "--trace",
                 .help = "Write a trace for Perfetto and chrome://tracing to this file",
                 .write = write_whole<write_trace>},
    ReportFormat{
        .option = "--explain-mapping",
        .help = "Write pictures of how the published method maps power to layers, from "
                "this run's own data: step0.png, step1.png and step2.png, to this folder",
        .write = [](const std::filesystem::path& folder,
                    const RunReport& run) { return write_mapping_steps(folder, run.report); }},
    ReportFormat{
        .option = "--markdown",
        .help = "Print the table as Markdown",
        .print = [](std::ostream& out,
                    const RunReport& run) { write_markdown_table(out, run.report.profile); }},
    ReportFormat{
        .option = "--json",
        .help = "Print the layer profile as JSON",
        .print = [](std::ostream& out,
                    const RunReport& run) { write_profile_json(out, run.report.profile); }},
};

}  // namespace

std::span<const ReportFormat> report_formats() { return kFormats; }

}  // namespace layerwatt
