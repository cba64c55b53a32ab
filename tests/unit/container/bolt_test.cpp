// SPDX-License-Identifier: MIT
#include <string>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <imagewright/container/bolt.hpp>

#include "bolt_reader.hpp"

using imagewright::container::bolt_file;
using imagewright::container::Bucket;

TEST_CASE("a database of three thousand buckets gives back each value, and nothing else") {
  Bucket root;
  for (int index = 0; index < 3000; ++index) {
    Bucket& bucket = root.buckets["v1"].buckets[fmt::format("image-{:05}", index)];
    bucket.values["digest"] = fmt::format("value {}", index);
    bucket.buckets["labels"].values["a"] = std::string(static_cast<std::size_t>(index % 300), 'x');
  }
  const BoltReader reader(bolt_file(root));
  for (int index = 0; index < 3000; ++index) {
    const std::string name = fmt::format("image-{:05}", index);
    REQUIRE(reader.find({"v1", name, "digest"}) == fmt::format("value {}", index));
    REQUIRE(reader.find({"v1", name, "labels", "a"}) ==
            std::string(static_cast<std::size_t>(index % 300), 'x'));
  }
  CHECK_FALSE(reader.find({"v1", "image-03000", "digest"}));
  CHECK_FALSE(reader.find({"v1", "image-00000", "labels"}));
}

TEST_CASE("a database holds values larger than a page") {
  Bucket root;
  root.values["before"] = "1";
  root.values["large"] = std::string(20000, 'l');
  root.values["later"] = std::string(4095, 'r');
  const std::string file = bolt_file(root);
  CHECK(file.size() % 4096 == 0);
  const BoltReader reader(file);
  CHECK(reader.find({"before"}) == "1");
  CHECK(reader.find({"large"}) == std::string(20000, 'l'));
  CHECK(reader.find({"later"}) == std::string(4095, 'r'));
}

TEST_CASE("an empty database and an empty bucket are readable") {
  CHECK_FALSE(BoltReader(bolt_file({})).find({"v1"}));
  Bucket root;
  root.buckets["empty"];
  CHECK_FALSE(BoltReader(bolt_file(root)).find({"empty", "key"}));
}

TEST_CASE("keys are ordered as bytes, not as characters with a sign") {
  Bucket root;
  for (const char* key : {"z", "\xC3\xA4", "a", "\x7F"})
    root.buckets["keys"].values[key] = key;
  const BoltReader reader(bolt_file(root));
  for (const char* key : {"z", "\xC3\xA4", "a", "\x7F"})
    CHECK(reader.find({"keys", key}) == key);
}
