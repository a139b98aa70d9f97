#include "layerwatt/core/shell_word.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(ShellWord, IsQuotedOnlyWhereAShellWouldReadItOtherwise) {
  EXPECT_EQ(shell_word("raw_data/alexnet-2.npy"), "raw_data/alexnet-2.npy");
  EXPECT_EQ(shell_word("my data"), "'my data'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("$HOME"), "'$HOME'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace layerwatt
