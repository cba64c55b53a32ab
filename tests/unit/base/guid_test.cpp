// SPDX-License-Identifier: MIT
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/base/guid.hpp>

namespace base = imagewright::base;

TEST_CASE("a GUID is stored with its first three fields turned around") {
  const auto uuid = *base::Uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
  std::vector<std::byte> bytes(20);
  base::put_guid(bytes, 2, uuid);
  CHECK(bytes[1] == std::byte{0});
  CHECK(bytes[2] == std::byte{0x33});
  CHECK(bytes[6] == std::byte{0x55});
  CHECK(bytes[8] == std::byte{0x77});
  CHECK(bytes[10] == std::byte{0x88});
  CHECK(bytes[17] == std::byte{0xFF});
  CHECK(base::get_guid(bytes, 2) == uuid);
}
