// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/http/pause.hpp>

using namespace imagewright;
using namespace std::chrono_literals;

TEST_CASE("pauses double up to the longest, and never overflow") {
  CHECK(http::pause_after(0, 100ms, 10s) == 100ms);
  CHECK(http::pause_after(1, 100ms, 10s) == 100ms);
  CHECK(http::pause_after(3, 100ms, 10s) == 400ms);
  CHECK(http::pause_after(30, 100ms, 10s) == 10s);
  CHECK(http::pause_after(4000000000U, 1ms, 10s) == 1024ms);
}

TEST_CASE("a pause ends with a wish to stop") {
  base::Cancellation cancellation;
  cancellation.request();
  CHECK_THROWS_AS(http::pause(1h, cancellation), base::Cancelled);
  CHECK_THROWS_AS(http::pause(0ms, cancellation), base::Cancelled);
}

TEST_CASE("only what a server may think over is asked again") {
  for (const long status : {0L, 408L, 429L, 500L, 503L})
    CHECK(http::may_be_otherwise_later(status));
  for (const long status : {200L, 301L, 401L, 403L, 404L, 416L})
    CHECK_FALSE(http::may_be_otherwise_later(status));
}
