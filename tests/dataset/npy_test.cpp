#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstring>

#include "layerwatt/dataset/records.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using testing::HasSubstr;

TimelineRecord record(int i) { return {i, i / 2, 0, 1, 1000 * i, 1000 * i + 500}; }

std::vector<TimelineRecord> read_all(const std::filesystem::path& path,
                                     CutFile cut = CutFile::kRefuse) {
  auto reader = NpyReader<TimelineRecord>::open(path, cut);
  if (!reader) {
    ADD_FAILURE() << reader.error().to_string();
    return {};
  }
  std::vector<TimelineRecord> all;
  std::array<TimelineRecord, 7> chunk{};
  for (;;) {
    const auto got = reader->read(chunk);
    if (!got) {
      ADD_FAILURE() << got.error().to_string();
      return all;
    }
    if (*got == 0) return all;
    all.insert(all.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(*got));
  }
}

std::filesystem::path write_records(const TemporaryFolder& folder, int count) {
  const auto path = folder / "timeline.npy";
  auto writer = NpyWriter<TimelineRecord>::create(path, 4);
  for (int i = 0; i < count; ++i) EXPECT_TRUE(writer->append(record(i)));
  EXPECT_TRUE(writer->close());
  return path;
}

TEST(Npy, RecordsComeBackAsTheyWereWritten) {
  const TemporaryFolder folder;
  const auto all = read_all(write_records(folder, 23));
  ASSERT_EQ(all.size(), 23U);
  for (int i = 0; i < 23; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)], record(i));
}

TEST(Npy, TheHeaderIsWhatNumPyExpects) {
  const TemporaryFolder folder;
  const std::string bytes = slurp(write_records(folder, 3));
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t length =
      static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ((10 + length) % 64, 0U);
  const std::string dict =
      "{'descr': [('segment', '<i4'), ('pass', '<i4'), ('repeat', '<i4'), ('block', '<i4'), "
      "('start_ns', '<i8'), ('end_ns', '<i8')], 'fortran_order': False, "
      "'shape': (                   3,), }";
  EXPECT_EQ(bytes.substr(10, length), dict + std::string(length - dict.size() - 1, ' ') + "\n");
  EXPECT_EQ(bytes.size(), 10 + length + 3 * sizeof(TimelineRecord));
}

TEST(Npy, AnEmptyRecordingIsReadable) {
  const TemporaryFolder folder;
  EXPECT_TRUE(read_all(write_records(folder, 0)).empty());
}

TEST(Npy, AKilledWriterLosesOnlyWhatItDidNotFlush) {
  const TemporaryFolder folder;
  const auto path = folder / "timeline.npy";
  const pid_t child = ::fork();
  if (child == 0) {
    auto writer = NpyWriter<TimelineRecord>::create(path, 1000);
    for (int i = 0; i < 10; ++i) (void)writer->append(record(i));
    (void)writer->flush();
    for (int i = 10; i < 15; ++i) (void)writer->append(record(i));
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(read_all(path).size(), 10U);
}

TEST(Npy, RecordsThatTheHeaderDoesNotCountYetAreRead) {
  const TemporaryFolder folder;
  const auto path = write_records(folder, 3);
  const TimelineRecord more = record(3);
  std::ofstream out(path, std::ios::binary | std::ios::app);
  out.write(reinterpret_cast<const char*>(&more), sizeof more);
  out << "half of a rec";
  out.close();
  const auto all = read_all(path);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[3], more);
}

TEST(Npy, ACutFileIsRefusedOrReadAsFarAsItGoes) {
  const TemporaryFolder folder;
  const auto path = write_records(folder, 5);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 40);
  const auto refused = NpyReader<TimelineRecord>::open(path);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().to_string(), HasSubstr("claims 5 records of 32 bytes"));
  EXPECT_EQ(read_all(path, CutFile::kTakeWholeRecords).size(), 3U);
}

std::string npy(const std::string& dict, const std::string& data = "") {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(dict.size() & 0xFF);
  bytes += static_cast<char>(dict.size() >> 8);
  return bytes + dict + data;
}

TEST(Npy, AHeaderThatClaimsTenGigabytesAllocatesNothing) {
  const TemporaryFolder folder;
  const auto path = folder.write(
      "timeline.npy",
      npy("{'descr': [('segment', '<i4'), ('pass', '<i4'), ('repeat', '<i4'), ('block', '<i4'), "
          "('start_ns', '<i8'), ('end_ns', '<i8')], 'fortran_order': False, "
          "'shape': (312500000,), }\n",
          "0123456789"));
  const auto reader = NpyReader<TimelineRecord>::open(path);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code(), ErrorCode::kParse);
  EXPECT_THAT(reader.error().message(), HasSubstr("claims 312500000 records"));
}

TEST(Npy, FieldsInAnotherOrderAndMoreOfThemAreRead) {
  const TemporaryFolder folder;
  std::string data;
  const std::int64_t end = 7;
  const std::int64_t start = 5;
  const std::int32_t numbers[] = {1, 2, 3, 4};
  data.append(reinterpret_cast<const char*>(&end), 8);
  data.append("xyz", 3);
  data.append(reinterpret_cast<const char*>(&start), 8);
  data.append(reinterpret_cast<const char*>(numbers), 16);
  const auto path = folder.write(
      "timeline.npy",
      npy("{'shape': (1,), 'fortran_order': False, 'descr': [('end_ns', '<i8'), ('', '|V3'), "
          "(\"start_ns\", '<i8'), ('segment', '<i4'), ('pass', '<i4'), ('repeat', '<i4'), "
          "('block', '<i4')]}",
          data));
  const auto all = read_all(path);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0], (TimelineRecord{1, 2, 3, 4, 5, 7}));
}

TEST(Npy, FilesOfOtherKindsAreRefusedByName) {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& bytes) {
    const auto reader = NpyReader<TimelineRecord>::open(folder.write("x.npy", bytes));
    return reader ? std::string("read") : reader.error().message();
  };
  EXPECT_THAT(message(""), HasSubstr("not a NumPy file"));
  EXPECT_THAT(message("PK\x03\x04 something else"), HasSubstr("not a NumPy file"));
  EXPECT_THAT(message(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }")),
              HasSubstr("structured array"));
  EXPECT_THAT(message(npy("{'descr': [('segment', '>i4')], 'shape': (3,), }")),
              HasSubstr("'segment' has type '>i4', expected '<i4'"));
  EXPECT_THAT(message(npy("{'descr': [('other', '<i4')], 'shape': (3,), }")),
              HasSubstr("'segment' is missing"));
  EXPECT_THAT(message(npy("{'descr': [('segment', '<i4')], 'shape': (3, 2), }")),
              HasSubstr("one dimension"));
  EXPECT_THAT(message(npy("{'descr': [('segment', '<i4')")), HasSubstr("not understood"));
  EXPECT_THAT(message(npy("{'descr': [('a', '<i4')]}").substr(0, 20)), HasSubstr("cut off"));
}

TEST(Npy, AFullDiskIsAnErrorAndTheBufferStays) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP();
  const auto writer = NpyWriter<TimelineRecord>::create("/dev/full", 2);
  ASSERT_FALSE(writer);
  EXPECT_THAT(writer.error().to_string(), HasSubstr("/dev/full"));
}

TEST(Npy, AFolderThatIsNotThereIsNamed) {
  const auto writer = NpyWriter<TimelineRecord>::create("/nonexistent/x.npy");
  ASSERT_FALSE(writer);
  EXPECT_THAT(writer.error().to_string(), HasSubstr("/nonexistent/x.npy"));
}

}  // namespace
}  // namespace layerwatt
