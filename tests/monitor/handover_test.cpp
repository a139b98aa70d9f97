#include "monitor/energy/handover.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

namespace layerwatt {
namespace {

struct Many {
  std::array<std::int64_t, 17> numbers{};
};

Many all(std::int64_t n) {
  Many many;
  many.numbers.fill(n);
  return many;
}

TEST(Handover, GivesEveryReaderAWholeValueWhileTheWriterGoesOn) {
  constexpr std::int64_t kLast = 20'000;
  Handover<Many> handover(all(0));
  std::vector<std::thread> readers;
  std::array<bool, 3> broken{};
  for (bool& seen_broken : broken) {
    readers.emplace_back([&handover, &seen_broken] {
      std::int64_t last = 0;
      while (last < kLast) {
        const Many many = handover.read();
        for (const std::int64_t n : many.numbers) {
          if (n != many.numbers.front() || n < last) seen_broken = true;
        }
        last = many.numbers.front();
      }
    });
  }
  for (std::int64_t n = 1; n <= kLast; ++n) handover.publish(all(n));
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(broken, (std::array<bool, 3>{}));
}

}  // namespace
}  // namespace layerwatt
