#include <cstddef>
#include <cstdint>
#include <string_view>

#include "versioning/http/url.h"
#include "versioning/remotes/s3_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace layerwatt::versioning;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_s3_error(text);
  (void)parse_s3_list(text);
  (void)parse_url(text);
  (void)percent_decoded(text);
  return 0;
}
