#include "simulation/live/virtual_sysfs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "layerwatt/core/file_text.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWordSize = 8;
constexpr int kLargestWords = 2;
constexpr std::int64_t kMicrowattsPerMilliwatt = 1000;

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "make the folder " + folder.string());
  return {};
}

Result<void> write_all(const fs::path& folder,
                       const std::vector<std::pair<std::string, std::string>>& files) {
  if (auto ok = make_folder(folder); !ok) return ok;
  for (const auto& [name, text] : files) {
    if (auto ok = write_file_atomically(folder / name, text); !ok) return ok;
  }
  return {};
}

/// What the driver would answer to a read of update_interval (Linux 5.14 and later, JetPack 6).
long update_interval(const VirtualChipSetup& chip) {
  return std::lround(to_milliseconds(conversion_cycle(chip)));
}

Result<void> describe_board(const VirtualBoard& board, const fs::path& root) {
  std::string compatible;
  for (const std::string_view entry : board.compatible) {
    compatible += entry;
    compatible += '\0';
  }
  const std::string model = fmt::format("virtual {}", board.title) + '\0';
  auto ok = write_all(root / "proc/device-tree", {{"compatible", compatible}, {"model", model}});
  if (!ok) return ok;
  const bool jetpack_4 = board.chips.front().kind == PowerChipKind::kIna3221Iio;
  const bool jetpack_7 = board.soc == "tegra264";
  const std::string_view release = jetpack_4   ? "# R32 (release), REVISION: 7.1"
                                   : jetpack_7 ? "# R38 (release), REVISION: 2.0"
                                               : "# R36 (release), REVISION: 4.3";
  ok = write_all(root / "etc", {{"nv_tegra_release", std::string(release) + "\n"}});
  if (!ok) return ok;
  const std::string_view kernel = jetpack_4   ? "4.9.253-tegra"
                                  : jetpack_7 ? "6.8.12-tegra"
                                              : "5.15.148-tegra";
  return write_all(root / "proc/sys/kernel", {{"osrelease", std::string(kernel) + "\n"}});
}

fs::path folder_of_chip(const VirtualBoard& board, std::size_t index) {
  const VirtualChipSetup& chip = board.chips[index];
  if (chip.kind == PowerChipKind::kIna3221Iio) {
    return fs::path("sys/bus/i2c/drivers/ina3221x") / chip.location /
           fmt::format("iio:device{}", index);
  }
  return fs::path("sys/class/hwmon") / fmt::format("hwmon{}", index + 1);
}

Result<void> describe_chip(const VirtualChipSetup& chip, const fs::path& folder) {
  std::vector<std::pair<std::string, std::string>> files;
  const bool iio = chip.kind == PowerChipKind::kIna3221Iio;
  const bool ina238 = chip.kind == PowerChipKind::kIna238;
  if (!iio) files.emplace_back("name", ina238 ? "ina238\n" : "ina3221\n");
  if (!iio && !ina238) {
    files.emplace_back("samples", fmt::format("{}\n", chip.average_count));
    files.emplace_back("update_interval", fmt::format("{}\n", update_interval(chip)));
  }
  for (std::size_t i = 0; i < chip.rails.size(); ++i) {
    const auto channel = static_cast<std::size_t>(chip.first_channel) + i;
    const VirtualRail& rail = chip.rails[i];
    const std::string label = std::string(rail.name) + "\n";
    if (iio) {
      files.emplace_back(fmt::format("rail_name_{}", channel - 1), label);
      continue;
    }
    files.emplace_back(fmt::format("in{}_label", channel), label);
    if (ina238) continue;
    files.emplace_back(fmt::format("in{}_enable", channel), "1\n");
    files.emplace_back(fmt::format("shunt{}_resistor", channel),
                       fmt::format("{}\n", std::lround(rail.shunt.value() * 1e6)));
  }
  if (auto ok = write_all(folder, files); !ok) return ok;
  if (iio) return {};
  std::error_code error;
  fs::create_symlink(fs::path("../../../") / chip.location, folder / "device", error);
  if (error) return error_from_errno(error.value(), "make the link " + folder.string() + "/device");
  return {};
}

/// Digits with leading zeros, a sign where negative, and a newline, filling `words` words.
void print_padded(std::int64_t value, int words, char* out) {
  const int width = words * static_cast<int>(kWordSize);
  out[width - 1] = '\n';
  std::uint64_t rest =
      value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  for (int i = width - 2; i >= 0; --i) {
    out[i] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  if (value < 0) out[0] = '-';
}

}  // namespace

VirtualSysfs::Word::Word(Word&& other) noexcept
    : words_(std::exchange(other.words_, nullptr)), count_(other.count_) {}

VirtualSysfs::Word& VirtualSysfs::Word::operator=(Word&& other) noexcept {
  std::swap(words_, other.words_);
  std::swap(count_, other.count_);
  return *this;
}

VirtualSysfs::Word::~Word() {
  if (words_ != nullptr) ::munmap(words_, kWordSize * static_cast<std::size_t>(count_));
}

Result<VirtualSysfs::Word> VirtualSysfs::Word::create(const fs::path& path, int words) {
  const std::size_t size = kWordSize * static_cast<std::size_t>(words);
  std::array<char, kWordSize * kLargestWords> text{};
  print_padded(0, words, text.data());
  if (auto ok = write_file_atomically(path, {text.data(), size}); !ok) return std::move(ok).error();
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return error_from_errno(errno, "open the register file " + path.string());
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const int error = errno;
  ::close(file);
  if (memory == MAP_FAILED) {
    return error_from_errno(error, "map the register file " + path.string());
  }
  Word word;
  word.words_ = static_cast<std::uint64_t*>(memory);
  word.count_ = words;
  return word;
}

void VirtualSysfs::Word::store(std::int64_t value) noexcept {
  if (words_ == nullptr) return;
  std::array<char, kWordSize * kLargestWords> text{};
  print_padded(value, count_, text.data());
  for (int i = 0; i < count_; ++i) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + static_cast<std::size_t>(i) * kWordSize, kWordSize);
    std::atomic_ref<std::uint64_t>(words_[i]).store(word, std::memory_order_relaxed);
  }
}

Result<VirtualSysfs::RailFiles> VirtualSysfs::create_rail(const VirtualChipSetup& chip,
                                                          std::size_t rail,
                                                          const fs::path& folder) {
  const auto channel = static_cast<std::size_t>(chip.first_channel) + rail;
  const bool iio = chip.kind == PowerChipKind::kIna3221Iio;
  const auto hwmon = [&](std::string_view what) {
    return fmt::format("{}{}_input", what, channel);
  };
  const auto iio_name = [&](std::string_view what) {
    return fmt::format("in_{}{}_input", what, channel - 1);
  };
  RailFiles files;
  auto millivolts = Word::create(folder / (iio ? iio_name("voltage") : hwmon("in")), 1);
  if (!millivolts) return std::move(millivolts).error();
  files.millivolts = *std::move(millivolts);
  auto milliamperes = Word::create(folder / (iio ? iio_name("current") : hwmon("curr")), 1);
  if (!milliamperes) return std::move(milliamperes).error();
  files.milliamperes = *std::move(milliamperes);
  if (chip.kind == PowerChipKind::kIna3221Hwmon) return files;
  auto power = Word::create(folder / (iio ? iio_name("power") : hwmon("power")), iio ? 1 : 2);
  if (!power) return std::move(power).error();
  files.microwatts = *std::move(power);
  return files;
}

Result<VirtualSysfs::SumFiles> VirtualSysfs::create_sum(const fs::path& folder) {
  if (auto ok = write_file_atomically(folder / "in7_label", "sum of shunt voltages\n"); !ok) {
    return std::move(ok).error();
  }
  SumFiles files;
  auto microvolts = Word::create(folder / "in7_input", 1);
  if (!microvolts) return std::move(microvolts).error();
  files.microvolts = *std::move(microvolts);
  auto milliamperes = Word::create(folder / "curr4_input", 1);
  if (!milliamperes) return std::move(milliamperes).error();
  files.milliamperes = *std::move(milliamperes);
  return files;
}

void VirtualSysfs::show_sum(std::size_t chip, const VirtualSum& sum) noexcept {
  sums_[chip].microvolts.store(sum.microvolts);
  sums_[chip].milliamperes.store(sum.milliamperes);
}

Result<VirtualSysfs> VirtualSysfs::create(const VirtualBoard& board, const fs::path& root) {
  std::error_code error;
  if (fs::exists(root, error) && !fs::is_empty(root, error)) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("{} is not empty; name a folder that does not exist yet", root.string()));
  }
  if (auto ok = describe_board(board, root); !ok) return std::move(ok).error();
  VirtualSysfs tree;
  for (std::size_t c = 0; c < board.chips.size(); ++c) {
    const VirtualChipSetup& chip = board.chips[c];
    const fs::path folder = root / folder_of_chip(board, c);
    if (auto ok = describe_chip(chip, folder); !ok) return std::move(ok).error();
    tree.kinds_.push_back(chip.kind);
    auto& rails = tree.chips_.emplace_back();
    for (std::size_t r = 0; r < chip.rails.size(); ++r) {
      auto files = create_rail(chip, r, folder);
      if (!files) return std::move(files).error();
      rails.push_back(*std::move(files));
    }
    tree.sums_.emplace_back();
    if (chip.summed_rails == 0 || chip.kind != PowerChipKind::kIna3221Hwmon) continue;
    auto sum = create_sum(folder);
    if (!sum) return std::move(sum).error();
    tree.sums_.back() = *std::move(sum);
  }
  return tree;
}

void VirtualSysfs::show(std::size_t chip, std::size_t rail,
                        const VirtualRegisters& registers) noexcept {
  RailFiles& files = chips_[chip][rail];
  files.millivolts.store(registers.millivolts);
  files.milliamperes.store(registers.milliamperes);
  // IIO shows milliwatts, an INA238 microwatts.
  files.microwatts.store(kinds_[chip] == PowerChipKind::kIna3221Iio
                             ? registers.microwatts / kMicrowattsPerMilliwatt
                             : registers.microwatts);
}

}  // namespace layerwatt
