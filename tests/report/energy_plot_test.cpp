#include "layerwatt/report/energy_plot.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "layerwatt/core/file_text.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

LayerProfile profile_of(std::size_t layers) {
  LayerProfile profile;
  profile.model = "resnet152";
  profile.method = "solve";
  profile.rail = "VDD_IN";
  profile.is_virtual = true;
  for (std::size_t i = 0; i < layers; ++i) {
    LayerProfileRow row;
    row.layer.name = "/layer" + std::to_string(i % 4) + "/a rather long name of a layer/conv" +
                     std::to_string(i) + "/Conv";
    const double energy = 1e-3 * static_cast<double>(1 + (i * 7919) % 100) / 20.0;
    row.energy = Estimate<Joules>{joules(energy), joules(energy * 0.94), joules(energy * 1.06)};
    row.status = i % 9 == 0 ? LayerStatus::kMerged : LayerStatus::kResolved;
    if (i % 17 == 5) row.energy.reset();
    profile.rows.push_back(std::move(row));
  }
  return profile;
}

/// Width and height that a PNG's header states (PNG specification, section 11.2.2).
std::pair<int, int> size_of_png(const std::string& png) {
  const auto number = [&](std::size_t at) {
    int value = 0;
    for (std::size_t i = at; i < at + 4; ++i)
      value = value * 256 + static_cast<unsigned char>(png[i]);
    return value;
  };
  return {number(16), number(20)};
}

TEST(EnergyPlot, EveryLayerHasARowInThePicture) {
  const TemporaryFolder folder;
  const auto path = folder / "energy.png";
  const auto written = write_energy_plot(path, profile_of(150));
  if (!written && written.error().code() == ErrorCode::kUnsupported) {
    EXPECT_NE(written.error().message().find("libcairo2-dev"), std::string::npos);
    return;
  }
  ASSERT_TRUE(written) << written.error().to_string();
  const auto png = read_file(path);
  ASSERT_TRUE(png);
  EXPECT_EQ(png->substr(1, 3), "PNG");
  EXPECT_GT(size_of_png(*png).second, 150 * 15);
}

TEST(EnergyPlot, ThousandsOfLayersStayWithinWhatAPictureCanHold) {
  const TemporaryFolder folder;
  const auto path = folder / "energy.png";
  const auto written = write_energy_plot(path, profile_of(4000));
  if (!written) {
    EXPECT_EQ(written.error().code(), ErrorCode::kUnsupported);
    return;
  }
  const auto png = read_file(path);
  ASSERT_TRUE(png);
  EXPECT_LT(size_of_png(*png).second, 32'767);
}

}  // namespace
}  // namespace layerwatt
