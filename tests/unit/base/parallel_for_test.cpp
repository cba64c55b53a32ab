// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/base/parallel_for.hpp>

using namespace imagewright;

TEST_CASE("parallel work is done once for each index, whatever the number of threads") {
  const base::Cancellation cancellation;
  for (const unsigned threads : {0U, 1U, 2U, 7U, 64U}) {
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{1000}}) {
      std::vector<std::atomic<int>> calls(count);
      base::parallel_for(count, threads, cancellation, [&](std::size_t index) { ++calls[index]; });
      for (const auto& number : calls)
        REQUIRE(number == 1);
    }
  }
}

TEST_CASE("parallel work uses no more threads than it may") {
  const base::Cancellation cancellation;
  std::mutex mutex;
  std::set<std::thread::id> seen;
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  base::parallel_for(60, 3, cancellation, [&](std::size_t) {
    const int now = ++running;
    int before = most;
    while (now > before && !most.compare_exchange_weak(before, now)) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --running;
    const std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  CHECK(seen.size() <= 3);
  CHECK(most <= 3);
  CHECK(most >= 2);
}

TEST_CASE("with one thread, parallel work is done in order by the caller") {
  const base::Cancellation cancellation;
  const auto caller = std::this_thread::get_id();
  std::vector<std::size_t> order;
  base::parallel_for(4, 1, cancellation, [&](std::size_t index) {
    CHECK(std::this_thread::get_id() == caller);
    order.push_back(index);
  });
  CHECK(order == std::vector<std::size_t>{0, 1, 2, 3});
}

TEST_CASE(
    "the failure of the lowest index is the one that is told, however many threads there are") {
  const base::Cancellation cancellation;
  for (const unsigned threads : {1U, 2U, 8U}) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      std::string told;
      try {
        base::parallel_for(64, threads, cancellation, [](std::size_t index) {
          // The lower one takes longer to fail.
          if (index == 3) std::this_thread::sleep_for(std::chrono::milliseconds(2));
          if (index == 3 || index >= 5) throw std::runtime_error(std::to_string(index));
        });
      } catch (const std::runtime_error& error) {
        told = error.what();
      }
      REQUIRE(told == "3");
    }
  }
}

TEST_CASE("after a failure, parallel work ends soon and nothing of it runs on") {
  const base::Cancellation cancellation;
  std::atomic<int> running{0};
  std::atomic<int> started{0};
  CHECK_THROWS_AS(base::parallel_for(100000, 4, cancellation,
                                     [&](std::size_t index) {
                                       ++started;
                                       ++running;
                                       std::this_thread::sleep_for(std::chrono::microseconds(100));
                                       --running;
                                       if (index == 2) throw std::runtime_error("no");
                                     }),
                  std::runtime_error);
  CHECK(running == 0);
  CHECK(started < 1000);
}

TEST_CASE("a wish to stop ends parallel work") {
  base::Cancellation cancellation;
  std::atomic<int> started{0};
  CHECK_THROWS_AS(base::parallel_for(100000, 2, cancellation,
                                     [&](std::size_t) {
                                       if (++started == 10) cancellation.request();
                                     }),
                  base::Cancelled);
  CHECK(started < 100);
}

TEST_CASE("there is at least one processor") {
  CHECK(base::default_thread_count() >= 1);
}
