// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "depot/action_result.hpp"

using namespace imagewright;
using namespace imagewright::depot;

namespace {

std::vector<DepotFile> some_files() {
  return {{"a", 0, base::digest_of("")},
          {"node-x86_64.qcow2", std::uint64_t{1} << 40, base::digest_of("image")}};
}

} // namespace

TEST_CASE("an action result is read as it was written") {
  CHECK(files_of_action_result(action_result(some_files())) == some_files());
  CHECK(files_of_action_result("")->empty());
}

TEST_CASE("fields that a server adds are passed over") {
  using namespace std::string_literals;
  // A varint (4), bytes (9), 64 bits (15) and 32 bits (16).
  const std::string added = "\x20\x01\x4a\x02hi\x79"s + "12345678"s + "\x85\x01"s + "1234"s;
  CHECK(files_of_action_result(added + action_result(some_files()) + added) == some_files());
}

TEST_CASE("a message that is cut off or no message is refused, wherever") {
  const std::string whole = action_result({some_files().back()});
  for (std::size_t length = 1; length < whole.size(); ++length) {
    INFO(length);
    CHECK_FALSE(files_of_action_result(whole.substr(0, length)));
  }
  CHECK_FALSE(files_of_action_result(std::string(20, '\xff')));
  CHECK_FALSE(files_of_action_result("<html></html>"));
  // A length beyond all memory.
  CHECK_FALSE(files_of_action_result("\x12\xff\xff\xff\xff\xff\xff\xff\xff\x7f"));
}

TEST_CASE("an output without a proper digest is refused") {
  std::string bytes = action_result({some_files().back()});
  const std::size_t at = bytes.find(base::digest_of("image").hex);
  bytes[at] = 'X';
  CHECK_FALSE(files_of_action_result(bytes));
}
