#include "report/html/page_template.h"

namespace layerwatt {

std::string_view page_template() { return {}; }

}  // namespace layerwatt
