// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/uuid.hpp>

using imagewright::base::Uuid;

TEST_CASE("makes the same version 8 UUID from the same names") {
  const Uuid uuid = Uuid::from_name("seed", "root");
  CHECK(uuid == Uuid::from_name("seed", "root"));
  CHECK(uuid != Uuid::from_name("seedr", "oot"));
  const std::string text = uuid.to_string();
  CHECK(text.size() == 36);
  CHECK(text[14] == '8');
  CHECK(std::string("89ab").find(text[19]) != std::string::npos);
}

TEST_CASE("reads and writes the 36-character form") {
  const std::string text = "4f68bce3-e8cd-4db1-96e7-fbcaf984b709";
  REQUIRE(Uuid::parse(text).has_value());
  CHECK(Uuid::parse(text)->to_string() == text);
  CHECK(Uuid::parse("4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709")->to_string() == text);
  CHECK_FALSE(Uuid::parse("4f68bce3e8cd4db196e7fbcaf984b709").has_value());
  CHECK_FALSE(Uuid::parse("4f68bce3-e8cd-4db1-96e7-fbcaf984b70g").has_value());
}
