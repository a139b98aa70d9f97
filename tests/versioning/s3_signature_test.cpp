#include "versioning/remotes/s3_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "versioning/dvc/md5.h"
#include "versioning/http/url.h"
#include "versioning/remotes/s3_answer.h"

namespace layerwatt::versioning {
namespace {

using ::testing::ElementsAre;

TEST(S3Signature, QueryIsSortedAndEncoded) {
  const S3Request request{
      "GET", "h", "/b", {{"prefix", "a b/é"}, {"list-type", "2"}, {"max-keys", "10"}}, {}};
  EXPECT_EQ(canonical_query(request), "list-type=2&max-keys=10&prefix=a%20b%2F%C3%A9");
}

/// The expected signature was computed by botocore (S3SigV4Auth) for the same request.
TEST(S3Signature, IsTheOneThatBotocoreComputes) {
  const S3Keys keys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
  const S3Request request{"PUT",
                          "host:9000",
                          "/bucket/pre%20fix/%C3%A9",
                          {},
                          {{"content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="}}};
  const auto lines = signed_headers(request, keys, "us-east-1", "20130524T000000Z");
  EXPECT_THAT(lines.back(),
              ::testing::EndsWith(
                  "Signature=6cb1437de85b84d37dacda16be0eba3091f4388772ac4403e97fe56f83493b14"));
}

TEST(S3Signature, NamesWhatItSignsAndHidesTheSecret) {
  const S3Keys keys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "token"};
  const S3Request request{"PUT", "bucket.example", "/k", {}, {{"content-md5", "x"}}};
  const auto lines = signed_headers(request, keys, "us-east-1", "20130524T000000Z");
  std::string all;
  for (const std::string& line : lines) all += line + '\n';
  EXPECT_THAT(all, ::testing::HasSubstr("SignedHeaders=content-md5;host;x-amz-content-sha256;"
                                        "x-amz-date;x-amz-security-token"));
  EXPECT_THAT(all, ::testing::HasSubstr("Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"));
  EXPECT_THAT(all, ::testing::Not(::testing::HasSubstr("wJalr")));
}

TEST(S3Answer, ErrorsAndListsAreRead) {
  const auto error =
      parse_s3_error("<Error><Code>NoSuchBucket</Code><Message>a &amp; b</Message></Error>");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "NoSuchBucket");
  EXPECT_EQ(error->message, "a & b");
  EXPECT_FALSE(parse_s3_error("<html>"));
  const auto page = parse_s3_list(
      "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</"
      "NextContinuationToken><Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents></"
      "ListBucketResult>");
  ASSERT_TRUE(page);
  EXPECT_THAT(page->keys, ElementsAre("a", "b"));
  EXPECT_EQ(page->next, "t");
}

TEST(Url, PartsAreFound) {
  const auto url = parse_url("HTTPS://me:x@host:81/a/b");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->user_info, "me:x");
  EXPECT_EQ(url->host, "host:81");
  EXPECT_EQ(url->path, "/a/b");
  EXPECT_FALSE(parse_url("/srv/x"));
  EXPECT_FALSE(parse_url("http:///x"));
}

TEST(Md5, IsKnownInHexAndBase64) {
  EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(base64_of_hex("d41d8cd98f00b204e9800998ecf8427e"), "1B2M2Y8AsgTpgAmY7PhCfg==");
}

}  // namespace
}  // namespace layerwatt::versioning
