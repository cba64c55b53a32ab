// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>

#include <catch2/catch.hpp>

#include <imagewright/page/timeline.hpp>
#include <imagewright/page/treemap.hpp>

using namespace imagewright::page;
using namespace std::chrono_literals;

namespace {

bool overlap(const Area& left, const Area& right) {
  constexpr double k_slack = 1e-6;
  return left.left + left.width > right.left + k_slack &&
         right.left + right.width > left.left + k_slack &&
         left.top + left.height > right.top + k_slack &&
         right.top + right.height > left.top + k_slack;
}

} // namespace

TEST_CASE("areas are shares, inside of the whole, and do not overlap") {
  const std::vector<Portion> portions{{"a", 600}, {"b", 300}, {"c", 200},
                                      {"d", 100}, {"e", 1},   {"f", 0}};
  const Area whole{.left = 10, .top = 20, .width = 300, .height = 100};
  const std::vector<Area> areas = squarified(portions, whole);
  REQUIRE(areas.size() == portions.size());
  for (std::size_t i = 0; i < areas.size(); ++i) {
    const double share = static_cast<double>(portions[i].bytes) / 1201 * 300 * 100;
    CHECK(areas[i].width * areas[i].height == Approx(share).margin(1e-6));
    if (portions[i].bytes == 0) continue;
    CHECK(areas[i].left >= 10 - 1e-6);
    CHECK(areas[i].top >= 20 - 1e-6);
    CHECK(areas[i].left + areas[i].width <= 310 + 1e-6);
    CHECK(areas[i].top + areas[i].height <= 120 + 1e-6);
    for (std::size_t k = 0; k < i; ++k)
      CHECK_FALSE(overlap(areas[i], areas[k]));
  }
}

TEST_CASE("many small portions are shown as one") {
  std::vector<Portion> portions;
  for (std::uint64_t i = 1; i <= 100; ++i)
    portions.push_back({.label = "p" + std::to_string(i), .bytes = i << 20U});
  const std::string picture = treemap("sizes", portions);
  CHECK(std::ranges::count(picture, '\n') == 62);
  CHECK(picture.find("<title>41 others: 861 MiB</title>") != std::string::npos);
  CHECK(treemap("sizes", {}).empty());
  CHECK(treemap("sizes", {{"nothing", 0}}).empty());
}

TEST_CASE("a timeline shows when, how long and how deep") {
  const std::string picture =
      timeline("stages", {{.label = "build", .note = "all <of> it", .duration = 2000ms},
                          {.label = "install", .start = 500ms, .duration = 900ms, .depth = 1},
                          {.label = "blink", .start = 2000ms, .depth = 1}});
  CHECK(picture.find("<title>build: 2.0 s, all &lt;of&gt; it</title>") != std::string::npos);
  CHECK(picture.find("<title>install: 900 ms</title>") != std::string::npos);
  CHECK(picture.find(R"(<rect class="bar" x="260.0" y="5.0" width="620.0")") != std::string::npos);
  CHECK(picture.find(R"(<rect class="inner" x="415.0" y="29.0" width="279.0")") !=
        std::string::npos);
  CHECK(picture.find(R"(x="880.0" y="53.0" width="1.5")") != std::string::npos);
  CHECK(timeline("stages", {}).empty());
}
