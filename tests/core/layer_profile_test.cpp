#include "layerwatt/core/layer_profile.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(LayerStatus, HasAWordForEach) {
  EXPECT_EQ(to_string(LayerStatus::kResolved), "resolved");
  EXPECT_EQ(to_string(LayerStatus::kMerged), "merged");
  EXPECT_EQ(to_string(LayerStatus::kUnresolved), "unresolved");
}

TEST(LayerProfileRow, ClaimsNothingBeforeItIsFilled) {
  const LayerProfileRow row;
  EXPECT_EQ(row.status, LayerStatus::kUnresolved);
  EXPECT_FALSE(row.power || row.energy || row.share || row.sample_count);
}

}  // namespace
}  // namespace layerwatt
