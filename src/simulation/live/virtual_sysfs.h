#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/simulation/virtual_board.h"
#include "layerwatt/simulation/virtual_chip.h"

namespace layerwatt {

/// A tree of files as a board's kernel would show them below "/": device tree, release, power chips
/// (hwmon or IIO). The registers are mapped into memory and changed in place, so that a reader with
/// an open descriptor sees the new value at its next pread. A value is eight bytes, digits with
/// leading zeros and a newline, stored at once: no reader sees half of it. (The microwatts of an
/// INA238 and of IIO are two such words; they are seen apart only if the reader copies them within
/// the nanoseconds between two stores in which the ten watts change.)
class VirtualSysfs {
 public:
  /// Makes the tree below `root`, which must be empty or not exist.
  static Result<VirtualSysfs> create(const VirtualBoard& board, const std::filesystem::path& root);

  /// Shows a rail's registers: chip and rail as in VirtualBoard::chips. No system call.
  void show(std::size_t chip, std::size_t rail, const VirtualRegisters& registers) noexcept;
  /// The same of the sum register; nothing for a chip without one.
  void show_sum(std::size_t chip, const VirtualSum& sum) noexcept;

 private:
  /// A mapped file of one or two words; unmapped with the object.
  class Word {
   public:
    Word() = default;
    Word(Word&& other) noexcept;
    Word& operator=(Word&& other) noexcept;
    ~Word();
    static Result<Word> create(const std::filesystem::path& path, int words);
    void store(std::int64_t value) noexcept;

   private:
    std::uint64_t* words_ = nullptr;
    int count_ = 0;
  };
  struct RailFiles {
    Word millivolts;
    Word milliamperes;
    Word microwatts;
  };

  static Result<RailFiles> create_rail(const VirtualChipSetup& chip, std::size_t rail,
                                       const std::filesystem::path& folder);
  struct SumFiles {
    Word microvolts;
    Word milliamperes;
  };
  static Result<SumFiles> create_sum(const std::filesystem::path& folder);

  std::vector<std::vector<RailFiles>> chips_;
  std::vector<SumFiles> sums_;
  std::vector<PowerChipKind> kinds_;
};

}  // namespace layerwatt
