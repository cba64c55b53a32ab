// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "depot/entry_text.hpp"

using namespace imagewright;
using namespace imagewright::depot;

TEST_CASE("an entry is read as it was written, for its own key only") {
  const base::Digest key = base::digest_of("key");
  const std::vector<DepotFile> files{{"a.qcow2", 3, base::digest_of("abc")},
                                     {"record", 0, base::digest_of("")}};
  const std::string text = entry_text(key, files);
  CHECK(files_of_entry(text, key) == files);
  CHECK_THROWS_AS(files_of_entry(text, base::digest_of("another")), base::Error);
}

TEST_CASE("names of an entry never leave a directory, nor come twice") {
  const base::Digest key = base::digest_of("key");
  const base::Digest digest = base::digest_of("");
  for (const char* name : {"", ".", "..", "../a", "a/b", "/a", ".hidden", "a\nb", "a b", "a\\b"}) {
    INFO(name);
    CHECK_THROWS_AS(files_of_entry(entry_text(key, {{name, 0, digest}}), key), base::Error);
  }
  CHECK_THROWS_AS(files_of_entry(entry_text(key, {{"a", 0, digest}, {"a", 1, digest}}), key),
                  base::Error);
}

TEST_CASE("what is no entry is refused") {
  const base::Digest key = base::digest_of("key");
  for (const char* text : {"", "{", "[]", "{}", "{\"imagewrightCacheEntry\":1}"}) {
    INFO(text);
    CHECK_THROWS_AS(files_of_entry(text, key), base::Error);
  }
}
