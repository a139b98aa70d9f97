#include "layerwatt/report/what_if_plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

WhatIfPoint point(const std::string& label, std::optional<double> joules, std::int64_t images = 1) {
  WhatIfPoint point;
  point.label = label;
  point.prediction.images = images;
  if (joules) {
    point.prediction.energy =
        Estimate<Joules>{Joules(*joules), Joules(0.9 * *joules), Joules(1.1 * *joules)};
  }
  return point;
}

TEST(WhatIfPlot, DrawsABlockASweepWithTheValuesBesideTheBars) {
  const std::vector<WhatIfPoint> points = {point("batch=1", 1e-3), point("batch=4", 2e-3, 4),
                                           point("input=128", 5e-4)};
  const std::string svg = what_if_svg(points);
  EXPECT_THAT(svg, HasSubstr(">batch<"));
  EXPECT_THAT(svg, HasSubstr(">input<"));
  EXPECT_THAT(svg, HasSubstr(">4<"));
  EXPECT_THAT(svg, Not(HasSubstr("batch=")));
  EXPECT_THAT(svg, HasSubstr("Energy an image, predicted"));
  // Of four images, and of one of them.
  EXPECT_THAT(svg, HasSubstr(">2.00 mJ<"));
  EXPECT_THAT(svg, HasSubstr(">500 µJ<"));
}

TEST(WhatIfPlot, SaysWhatIsRefused) {
  const std::vector<WhatIfPoint> points = {point("dtype=float32", 1e-3), point("dtype=int8", {})};
  EXPECT_THAT(what_if_svg(points), HasSubstr(">refused<"));
}

TEST(WhatIfPlot, ShowsRunTimesWhereNoPowerWasLearnt) {
  WhatIfPoint only = point("batch=1", {});
  only.prediction.seconds = Estimate<double>{2e-3, {}, {}};
  EXPECT_THAT(what_if_svg(std::vector<WhatIfPoint>{only}), HasSubstr("Run time an image"));
}

}  // namespace
}  // namespace layerwatt
