// SPDX-License-Identifier: MIT
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/config/history.hpp>
#include <imagewright/json/value.hpp>

using namespace imagewright;

TEST_CASE("the history of an image repeats nothing that scripts are given") {
  const imagewright_test::ScratchDirectory scratch;
  const auto file = scratch.write(
      "node.yaml",
      "scripts:\n"
      "  postCustomization:\n"
      "  - content: a\n"
      "    arguments: [--token=hunter2, --password, hunter2, --level=high, 'http://u:hunter2@h/']\n"
      "    environmentVariables: {ANY: hunter2}\n"
      "  finalizeCustomization:\n"
      "  - {content: b, environmentVariables: {OTHER: hunter2}}\n");
  const std::string history = json::to_text(config::history_of(file));
  CHECK(history.find("hunter2") == std::string::npos);
  CHECK(history.find("--level=high") != std::string::npos);
  CHECK(history.find("\"ANY\"") != std::string::npos);
  CHECK(history.find("\"OTHER\"") != std::string::npos);
}
