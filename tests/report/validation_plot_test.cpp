#include "layerwatt/report/validation_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(ValidationPlot, DrawsAPanelACostAndAPointARow) {
  Validation validation;
  for (const double seconds : {1e-4, 1e-3, 1e-2}) {
    validation.points.push_back({WorkKind::kConvolution, Cost::kSeconds, seconds, 1.1 * seconds});
  }
  validation.points.push_back({WorkKind::kPooling, Cost::kSeconds, 1e-3, 1e-3});
  validation.points.push_back({WorkKind::kConvolution, Cost::kWatts, 5.0, 6.0});
  const std::string svg = validation_svg(validation);
  EXPECT_EQ(count_of(svg, "h0"), 5U);
  EXPECT_THAT(svg, HasSubstr("Run time, predicted"));
  EXPECT_THAT(svg, HasSubstr("Power, predicted"));
  EXPECT_THAT(svg, Not(HasSubstr("Energy, predicted")));
  EXPECT_THAT(svg, HasSubstr("convolution (3)"));
  EXPECT_THAT(svg, HasSubstr("pooling (1)"));
  EXPECT_THAT(svg, HasSubstr(">1 ms<"));
}

TEST(ValidationPlot, APointOnTheDiagonalIsDrawnOnIt) {
  // The frame is a square, so what was predicted right is as far from its left as from its foot.
  Validation validation;
  validation.points.push_back({WorkKind::kConvolution, Cost::kSeconds, 1e-3, 1e-3});
  validation.points.push_back({WorkKind::kConvolution, Cost::kSeconds, 1.0, 2.0});
  const std::string svg = validation_svg(validation);
  const std::size_t at = svg.find("<path d=\"M", svg.find("</text>\n<line")) + 10;
  std::size_t used = 0;
  const double x = std::stod(svg.substr(at), &used);
  const double y = std::stod(svg.substr(at + used + 1));
  EXPECT_NEAR(x - 64.0, 34.0 + 260.0 - y, 0.2) << svg.substr(at, 40);
}

TEST(ValidationPlot, SaysWhereThereIsNothing) {
  EXPECT_THAT(validation_svg({}), HasSubstr("no layer could be left out and predicted"));
}

}  // namespace
}  // namespace layerwatt
