#include "layerwatt/report/report_page.h"

#include "report/html/escape_html.h"
#include "report/html/page_template.h"
#include "report/html/report_data.h"

namespace layerwatt {
namespace {

constexpr std::string_view kTitleMark = "@LAYERWATT_TITLE@";
constexpr std::string_view kDataMark = "@LAYERWATT_DATA@";

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
  out << page.substr(0, title) << escape_html(report.title)
      << page.substr(title + kTitleMark.size(), data - title - kTitleMark.size());
  write_report_data(out, report);
  out << page.substr(data + kDataMark.size());
  if (!out) return Error(ErrorCode::kIo, "cannot write the page; is the disk full?");
  return {};
}

}  // namespace layerwatt
