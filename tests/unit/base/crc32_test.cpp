// SPDX-License-Identifier: MIT
#include <span>
#include <string_view>

#include <catch2/catch.hpp>

#include <imagewright/base/crc32.hpp>

namespace base = imagewright::base;

TEST_CASE("checksums have the check values of the catalogue of CRC algorithms") {
  const auto digits = std::as_bytes(std::span(std::string_view("123456789")));
  CHECK(base::crc32(digits) == 0xCBF43926U);
  CHECK(base::crc32c(digits) == 0xE3069283U);
  CHECK(base::crc32({}) == 0);
}
