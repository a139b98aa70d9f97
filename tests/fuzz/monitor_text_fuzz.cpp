#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "monitor/board/counter_state.h"
#include "monitor/exposition/text_format.h"
#include "monitor/http/listen_address.h"
#include "monitor/http/password_file.h"

// What clients, administrators and earlier services write: the header Accept, an address, a file of
// passwords, counters.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace layerwatt;
  std::string text(reinterpret_cast<const char*>(data), size);
  (void)negotiate_format(text);
  if (const auto address = parse_listen_address(text)) {
    if (address->port.empty()) __builtin_trap();
  }
  (void)parse_counter_state(text);
  // Hashes of a setting that asks for a million rounds would take minutes.
  std::ranges::replace(text, '$', '.');
  if (PasswordFile::parse(text)) __builtin_trap();
  return 0;
}
