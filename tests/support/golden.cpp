// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <fstream>
#include <string_view>

#include <imagewright_test/golden.hpp>
#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

namespace imagewright_test {

void check_golden(const std::filesystem::path& file, const std::string& actual) {
  const char* mode = std::getenv("IMAGEWRIGHT_GOLDEN");
  if (mode != nullptr && std::string_view(mode) == "rewrite") {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream stream(file, std::ios::binary);
    stream << actual;
    REQUIRE(stream.good());
    note_skipped("rewrote " + file.string());
    return;
  }
  INFO("golden file " << file.string() << " (toolkit/dev golden rewrites it)");
  if (!std::filesystem::exists(file)) FAIL("the golden file is missing; actual text:\n" << actual);
  CHECK(actual == read_text(file));
}

} // namespace imagewright_test
