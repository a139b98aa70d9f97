#include "monitor/http/listen_address.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(ListenAddress, IsHostAndPort) {
  EXPECT_EQ(parse_listen_address(":8000")->host, "");
  EXPECT_EQ(parse_listen_address(":8000")->port, "8000");
  EXPECT_EQ(parse_listen_address("127.0.0.1:80")->host, "127.0.0.1");
  EXPECT_EQ(parse_listen_address("[::1]:8000")->host, "::1");
  EXPECT_EQ(parse_listen_address("localhost:0")->host, "localhost");
}

TEST(ListenAddress, ThatIsNoneIsRefusedWithAnExample) {
  for (const char* text : {"", "8000", "::1:8000", "host:", "host:http", "host:-1", "host:+1",
                           "host:65536", "host:8000:"}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code(), ErrorCode::kInvalidArgument) << text;
    EXPECT_NE(address.error().message().find("127.0.0.1:8000"), std::string::npos) << text;
  }
}

TEST(ListeningSocket, SaysThatAPortIsTaken) {
  const auto first = ListeningSocket::open({"127.0.0.1", "0"});
  ASSERT_TRUE(first) << first.error().message();
  const auto name = parse_listen_address(first->name());
  ASSERT_TRUE(name);
  const auto second = ListeningSocket::open(*name);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message().find("another program listens there"), std::string::npos);
}

TEST(ListeningSocket, SaysThatTheMachineHasNoSuchAddress) {
  const auto socket = ListeningSocket::open({"192.0.2.1", "0"});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code(), ErrorCode::kInvalidArgument);
}

TEST(ListeningSocket, TakesEveryAddressWhereNoneIsNamed) {
  const auto socket = ListeningSocket::open({"", "0"});
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_FALSE(socket->name().empty());
}

}  // namespace
}  // namespace layerwatt
