// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fleet/unit.hpp>

#include "fleet/unit_id.hpp"
#include "units.hpp"

using namespace imagewright;
using namespace imagewright::fleet;

TEST_CASE("ids are labels, whatever the names are") {
  CHECK(unit_id("node", "x86_64", "azure") == "node-x86-64-azure");
  CHECK(unit_id("Gen2.FIPS", "aarch64", "") == "gen2-fips-aarch64");
  CHECK(unit_id("2gen", "x86_64", "") == "u-2gen-x86-64");
  CHECK(unit_id("--", "x86_64", "") == "x86-64");
  const std::string one = unit_id(std::string(80, 'a') + "1", "x86_64", "azure");
  const std::string two = unit_id(std::string(80, 'a') + "2", "x86_64", "azure");
  CHECK(one != two);
  for (const std::string& id : {one, two}) {
    CHECK(id.size() <= 63);
    CHECK(is_unit_id(id));
  }
  for (const std::string_view text : {"", "-a", "a-", "A", "1a", "a/b", "a b", "a_b"})
    CHECK_FALSE(is_unit_id(text));
}

TEST_CASE("a list of units is read as it was written") {
  UnitList list = imagewright_test::units(3);
  list.release = "workbench";
  list.repositories = {{"base", "https://example.org/base"}};
  list.shard = {.number = 2, .count = 3};
  list.units[1].inputs.epoch = base::Epoch(std::chrono::seconds(1700000000));
  list.units[1].inputs.formats = {model::ImageFormat::vhd_fixed};
  list.units[2].needs.seconds = 61;
  CHECK(parse_units(to_text(list), "units.json") == list);
  CHECK(find_unit(list, "node-1-x86-64").index == 1);
  CHECK(find_unit(list, 2).id == "node-2-x86-64");
  CHECK_THROWS_AS(find_unit(list, 3), base::Error);
  CHECK_THROWS_AS(find_unit(list, "node-7-x86-64"), base::Error);
}

TEST_CASE("a list that somebody changed is refused") {
  const std::string text = to_text(imagewright_test::units(2));
  const auto with = [&](const std::string& before, const std::string& after) {
    std::string changed = text;
    const std::size_t place = changed.find(before);
    REQUIRE(place != std::string::npos);
    return changed.replace(place, before.size(), after);
  };
  const std::vector<std::pair<std::string, std::string>> changes{
      {"\"imagewrightUnits\": 1", "\"imagewrightUnits\": 2"},
      {"\"index\": 0", "\"index\": 1"},
      {"\"id\": \"node-1-", "\"id\": \"node-0-"},
      {"\"id\": \"node-1-", "\"id\": \"../node-1-"},
      {"\"files\": \"sha256:a", "\"files\": \"sha256:b"},
      {"\"outputs\": [\n        \"node-0", "\"outputs\": [\n        \"../node-0"},
      {"\"cpu\": 2", "\"cpu\": 0"},
      {"\"number\": 1", "\"number\": 2"},
  };
  for (const auto& [before, after] : changes) {
    CAPTURE(after);
    CHECK_THROWS_AS(parse_units(with(before, after), "units.json"), base::Error);
  }
}

TEST_CASE("a part of a fleet is a number of a number") {
  CHECK(parse_shard("2/5") == Shard{.number = 2, .count = 5});
  for (const char* text : {"", "1", "0/2", "3/2", "1/", "/2", "1/2/3", "-1/2", "1/x", "1 /2"})
    CHECK_THROWS_AS(parse_shard(text), base::Error);
}

TEST_CASE("what differs between inputs is told in words") {
  const UnitInputs before = imagewright_test::units(1).units[0].inputs;
  UnitInputs now = before;
  CHECK(digest_of(now) == digest_of(before));
  now.lock = base::digest_of("another");
  now.formats = {model::ImageFormat::raw};
  CHECK(differences_between(before, now) == "the lock and the formats");
  CHECK(digest_of(now) != digest_of(before));
}
