// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "report/progress_line.hpp"

using namespace imagewright;
using namespace std::chrono_literals;

namespace {

std::size_t columns_of(const std::string& text) {
  std::size_t count = 0;
  for (const char byte : text) {
    if ((static_cast<unsigned char>(byte) & 0xC0U) != 0x80U) ++count;
  }
  return count;
}

const report::OpenStage k_stage{
    .name = "install",
    .detail = "135 packages",
    .progress = {.items_done = 27, .items_total = 54, .current = "libsystemd-shared"},
};

} // namespace

TEST_CASE("the live line shows a bar, the amounts and the elapsed time") {
  CHECK(report::progress_line(k_stage, 2s, 0, 80) ==
        "- install [##########----------] 27/54, libsystemd-shared 2.0 s");
}

TEST_CASE("the live line never fills the last column") {
  for (std::size_t width = 0; width <= 100; ++width) {
    const std::string line = report::progress_line(k_stage, 2s, 3, width);
    CHECK(columns_of(line) <= (width == 0 ? 0 : width - 1));
  }
}

TEST_CASE("a text is cut between code points") {
  CHECK(report::clipped("Größe", 5) == "Größe");
  CHECK(report::clipped("Größe", 4) == "Grö…");
  CHECK(report::clipped("abc", 0).empty());
}
