#include "layerwatt/core/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace layerwatt {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error(ErrorCode::kInvalidArgument, "odd");
  return number / 2;
}

TEST(Result, HoldsAValue) {
  const Result<int> result = half(4);
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, 2);
  EXPECT_EQ(result.value_or(7), 2);
}

TEST(Result, HoldsAnError) {
  const Result<int> result = half(3);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(result.value_or(7), 7);
}

TEST(Result, MovesAValueThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 5);
}

TEST(Result, ChainsUntilTheFirstError) {
  EXPECT_EQ(*half(8).and_then(half).and_then(half), 1);
  const Result<int> failed = half(6).and_then(half).and_then([](int) -> Result<int> {
    ADD_FAILURE() << "called behind an error";
    return 0;
  });
  EXPECT_FALSE(failed);
}

TEST(Result, TransformsTheValueOrTheErrorAlone) {
  EXPECT_EQ(*half(8).transform([](int n) { return std::to_string(n); }), "4");
  const auto add_context = [](Error error) { return std::move(error).with_context("half"); };
  EXPECT_EQ(*half(8).transform_error(add_context), 4);
  EXPECT_EQ(half(7).transform_error(add_context).error().message(), "half: odd");
}

TEST(Result, ReadingTheWrongSideAborts) {
  EXPECT_DEATH((void)*half(3), "");
  EXPECT_DEATH((void)half(4).error(), "");
  EXPECT_DEATH((void)Result<void>().error(), "");
}

TEST(ResultOfVoid, IsSuccessUnlessAnErrorIsGiven) {
  const Result<void> ok;
  EXPECT_TRUE(ok);
  const Result<void> failed = Error(ErrorCode::kIo, "broken");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "broken");
}

TEST(Error, NamesFileAndLine) {
  EXPECT_EQ(Error(ErrorCode::kParse, "bad").to_string(), "bad");
  EXPECT_EQ(Error(ErrorCode::kParse, "bad").at("a.log").to_string(), "a.log: bad");
  EXPECT_EQ(Error(ErrorCode::kParse, "bad").at("a.log", 12).to_string(), "a.log:12: bad");
}

TEST(Error, KeepsTheInnermostPlace) {
  const Error error =
      Error(ErrorCode::kParse, "bad").at("inner.json", 3).with_context("layer 1").at("outer.json");
  EXPECT_EQ(error.to_string(), "inner.json:3: layer 1: bad");
}

TEST(ErrorFromErrno, SortsFailuresByWhatACallerCanDo) {
  EXPECT_EQ(error_from_errno(ENOENT, "open").code(), ErrorCode::kNotFound);
  EXPECT_EQ(error_from_errno(EACCES, "open").code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(error_from_errno(EROFS, "open").code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(error_from_errno(EAGAIN, "read").code(), ErrorCode::kTryAgain);
  EXPECT_EQ(error_from_errno(ENODEV, "read").code(), ErrorCode::kGone);
  EXPECT_EQ(error_from_errno(EIO, "read").code(), ErrorCode::kIo);
}

TEST(ErrorFromErrno, SaysWhatToDo) {
  EXPECT_EQ(error_from_errno(ENOSPC, "write the file").message(),
            "cannot write the file: No space left on device; free some space or choose another "
            "folder");
  EXPECT_NE(error_from_errno(EACCES, "open").message().find("sudo"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
