#include "sensors/nvml/nvml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "dataset/temporary_folder.h"
#include "recording/allocation_counter.h"
#include "sensors/sysfs_tree.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kFake = LAYERWATT_FAKE_NVML;

TEST(Nvml, IsQuietWhereThereIsNoDriver) {
  const auto found = probe_nvml("libno-such-library.so.1");
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, IsEmpty());
}

TEST(Nvml, SaysWhyALibraryThatIsThereCannotBeLoaded) {
  const TemporaryFolder folder;
  const std::string name = folder.write("libnvidia-ml.so.1", "no library").string();
  const auto found = probe_nvml(name);
  ASSERT_TRUE(found);
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_THAT(found->front().unusable.front().reason, HasSubstr("cannot be loaded (" + name));
}

TEST(Nvml, ReadsPowerAndEnergyWithoutAllocating) {
  const auto found = probe_nvml(kFake);
  ASSERT_TRUE(found);
  ASSERT_THAT(*found, SizeIs(2));
  const ProbedSensor& gpu = found->front();
  ASSERT_THAT(gpu.rails, SizeIs(2));
  EXPECT_EQ(gpu.rails[0].name, "GPU0");
  EXPECT_EQ(gpu.rails[0].location, "GPU 0, Test GPU");
  EXPECT_EQ(gpu.rails[1].kind, RailKind::kEnergyCounter);
  auto sensor = open_nvml(kFake, gpu, {});
  ASSERT_TRUE(sensor) << sensor.error().to_string();
  std::vector<Reading> readings(2);
  int allocations = 0;
  {
    const testing::AllocationCounter counter;
    (*sensor)->read(readings);
    allocations = counter.count();
  }
  EXPECT_EQ(allocations, 0);
  EXPECT_EQ(readings[0].status, ReadStatus::kOk);
  EXPECT_EQ(readings[0].power_uw % 500000, 0);
  EXPECT_GE(readings[0].power_uw, 61500000);
  EXPECT_EQ(readings[0].energy_uj, kNoValue64);
  EXPECT_GE(readings[1].energy_uj, 123456000);
  EXPECT_EQ(readings[1].power_uw, kNoValue64);
}

TEST(Nvml, SaysWhenAGpuTellsNoPower) {
  const auto found = probe_nvml(kFake);
  const ProbedSensor& gpu = found->at(1);
  EXPECT_THAT(gpu.rails, IsEmpty());
  ASSERT_THAT(gpu.unusable, SizeIs(1));
  EXPECT_THAT(gpu.unusable.front().reason, HasSubstr("not supported"));
  EXPECT_THAT(gpu.unusable.front().remedy, HasSubstr("INA3221"));
}

TEST(Nvml, SaysWhyTheLibraryDoesNotStart) {
  ::setenv("LAYERWATT_FAKE_NVML_FAILS", "1", 1);
  const auto found = probe_nvml(kFake);
  ::unsetenv("LAYERWATT_FAKE_NVML_FAILS");
  ASSERT_TRUE(found);
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_THAT(found->front().unusable.front().reason, HasSubstr("Driver Not Loaded"));
}

TEST(Nvml, RefusesRailsThatTheGpuDoesNotHave) {
  const auto found = probe_nvml(kFake);
  const auto sensor = open_nvml(kFake, found->front(), {{"GPU7"}});
  ASSERT_FALSE(sensor);
  EXPECT_EQ(sensor.error().code(), ErrorCode::kNotFound);
}

TEST(Nvml, BelongsToThisMachineNotToATreeOfFiles) {
  const testing::SysfsTree tree;
  for (const SensorKind& kind : sensor_table()) {
    if (kind.name != "nvml") continue;
    EXPECT_THAT(kind.probe(tree.root()).value(), IsEmpty());
  }
}

}  // namespace
}  // namespace layerwatt
