// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "boot/answers.hpp"

using namespace imagewright;

TEST_CASE("answers are found between the lines of a noisy console") {
  const auto answers = boot::parse_answers("[ 1.0] kernel says\r\n"
                                           "@imagewright kernel-release 0 Ni4xLjA=\r\n"
                                           "login: \r\n"
                                           "\r\n@imagewright empty 3 \r\n"
                                           "@imagewright end 2 -\r\n");
  CHECK(answers.is_complete);
  REQUIRE(answers.by_key.size() == 2);
  CHECK(answers.by_key.at("kernel-release") == boot::Answer{0, "6.1.0"});
  CHECK(answers.by_key.at("empty") == boot::Answer{3, ""});
  CHECK(answers.find_text("kernel-release") == "6.1.0");
  CHECK_FALSE(answers.find_text("empty").has_value());
  CHECK_FALSE(answers.find_text("absent").has_value());
}

TEST_CASE("without the closing line, or with another count, the answers are incomplete") {
  CHECK_FALSE(boot::parse_answers("@imagewright a 0 YQ==\n").is_complete);
  CHECK_FALSE(boot::parse_answers("@imagewright a 0 YQ==\n@imagewright end 2 -\n").is_complete);
  CHECK_FALSE(boot::parse_answers("").is_complete);
}

TEST_CASE("a damaged answer is left out and makes the rest incomplete") {
  const auto line =
      GENERATE("@imagewright a 0 YQ=", "@imagewright a zero YQ==", "@imagewright a 0 Y!==",
               "@imagewright a 0 YQ== more", "x@imagewright a 0 YQ==", "@imagewrighta 0 YQ==");
  const auto answers = boot::parse_answers(std::string(line) + "\n@imagewright end 1 -\n");
  CHECK(answers.by_key.empty());
  CHECK_FALSE(answers.is_complete);
}

TEST_CASE("base64 of every length is decoded") {
  CHECK(boot::base64_decoded("") == "");
  CHECK(boot::base64_decoded("Zg==") == "f");
  CHECK(boot::base64_decoded("Zm8=") == "fo");
  CHECK(boot::base64_decoded("Zm9v") == "foo");
  CHECK(boot::base64_decoded("/+8=") == "\xff\xef");
  CHECK_FALSE(boot::base64_decoded("Zg").has_value());
  CHECK_FALSE(boot::base64_decoded("Z===").has_value());
}
