# cmake -DINPUT=page.html -DOUTPUT=page_template.cpp -P EmbedReportPage.cmake
file(READ "${INPUT}" bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE "${OUTPUT}" "// Generated from ${INPUT}.
#include \"report/html/page_template.h\"

namespace layerwatt {
namespace {

constexpr unsigned char kPage[] = {${bytes}};

}  // namespace

std::string_view page_template() {
  return {reinterpret_cast<const char*>(kPage), sizeof kPage};
}

}  // namespace layerwatt
")
