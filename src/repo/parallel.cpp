// SPDX-License-Identifier: MIT
#include "parallel.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace imagewright::repo {

void for_each_in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> has_failed{false};
  const auto run = [&] {
    while (!has_failed) {
      const std::size_t index = next++;
      if (index >= count) return;
      try {
        work(index);
      } catch (...) {
        // The future passes it on; the others stop before their next item.
        has_failed = true;
        throw;
      }
    }
  };
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::future<void>> workers;
  for (std::size_t worker = 0; worker < std::min(count, processors); ++worker) {
    workers.push_back(std::async(std::launch::async, run));
  }
  for (auto& worker : workers)
    worker.wait();
  for (auto& worker : workers)
    worker.get();
}

} // namespace imagewright::repo
