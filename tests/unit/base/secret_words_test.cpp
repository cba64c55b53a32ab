// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/base/secret_words.hpp>

using namespace imagewright;
using Words = std::vector<std::string>;

TEST_CASE("arguments are shown without what sounds like a secret") {
  CHECK(base::arguments_without_secrets({"--token=abc", "PASSWORD=abc", "api-key:abc"}) ==
        Words{"--token=********", "PASSWORD=********", "api-key:********"});
  CHECK(base::arguments_without_secrets({"--password", "abc", "def"}) ==
        Words{"--password", "********", "def"});
  CHECK(base::arguments_without_secrets({"--password", "--verbose", "def"}) ==
        Words{"--password", "--verbose", "def"});
  const Words plain{"--level=high", "/etc/passwd:ro", "a token=b", "--password=", "--", "x"};
  CHECK(base::arguments_without_secrets(plain) == plain);
}
