#include "layerwatt/report/report_page.h"

#include <algorithm>

#include "report/html/escape_html.h"
#include "report/html/page_template.h"
#include "report/html/report_data.h"

namespace layerwatt {
namespace {

constexpr std::string_view kTitleMark = "@LAYERWATT_TITLE@";
constexpr std::string_view kDataMark = "@LAYERWATT_DATA@";
/// Figures go before it.
constexpr std::string_view kFiguresMark = "<section aria-labelledby=\"h-layers\">";

void write_figures(std::ostream& out, const Report& report) {
  for (const ReportFigure& figure : report.figures) {
    out << "<section>\n<h2>" << escape_html(figure.title) << "</h2>\n"
        << figure.svg << "</section>\n";
  }
}

}  // namespace

Result<void> write_report_page(std::ostream& out, const Report& report) {
  const std::string_view page = page_template();
  const std::size_t title = page.find(kTitleMark);
  const std::size_t data = page.find(kDataMark);
  if (title == std::string_view::npos || data == std::string_view::npos) {
    return Error(
        ErrorCode::kUnsupported,
        "this layerwatt was built without Node.js and so without the HTML page: install npm and "
        "build again, or use --png, --csv, --markdown or --json");
  }
  const std::size_t after_title = title + kTitleMark.size();
  const std::size_t figures = std::min(page.find(kFiguresMark), data);
  out << page.substr(0, title) << escape_html(report.title)
      << page.substr(after_title, figures - after_title);
  write_figures(out, report);
  out << page.substr(figures, data - figures);
  write_report_data(out, report);
  out << page.substr(data + kDataMark.size());
  if (!out) return Error(ErrorCode::kIo, "cannot write the page; is the disk full?");
  return {};
}

}  // namespace layerwatt
