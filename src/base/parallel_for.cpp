// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <optional>
#include <system_error>
#include <vector>

#include <sched.h>

#include <imagewright/base/parallel_for.hpp>

namespace imagewright::base {

namespace {

/// What all threads share: the next index, and whether there is one.
class Counter {
public:
  explicit Counter(std::size_t count) : count_(count) {}

  std::optional<std::size_t> take() {
    if (is_stopped_) return std::nullopt;
    const std::size_t index = next_++;
    return index < count_ ? std::optional(index) : std::nullopt;
  }
  void stop() { is_stopped_ = true; }

private:
  const std::size_t count_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> is_stopped_{false};
};

/// Stops the others when the work on one index is left by an exception.
class StopOnFailure {
public:
  explicit StopOnFailure(Counter& counter) : counter_(counter) {}
  StopOnFailure(const StopOnFailure&) = delete;
  StopOnFailure& operator=(const StopOnFailure&) = delete;
  StopOnFailure(StopOnFailure&&) = delete;
  StopOnFailure& operator=(StopOnFailure&&) = delete;
  ~StopOnFailure() {
    if (std::uncaught_exceptions() > exceptions_before_) counter_.stop();
  }

private:
  Counter& counter_;
  const int exceptions_before_ = std::uncaught_exceptions();
};

} // namespace

void parallel_for(std::size_t count, unsigned threads, const Cancellation& cancellation,
                  const std::function<void(std::size_t)>& work) {
  const std::size_t workers = std::min<std::size_t>(count, std::max(1U, threads));
  if (workers == 0) return;
  Counter counter(count);
  std::vector<std::size_t> latest(workers, 0); // the index that each worker took last
  const auto run = [&](std::size_t worker) {
    while (const auto index = counter.take()) {
      const StopOnFailure guard(counter);
      latest[worker] = *index;
      cancellation.check();
      work(*index);
    }
  };
  std::vector<std::future<void>> results;
  results.reserve(workers);
  try {
    for (std::size_t worker = 1; worker < workers; ++worker)
      results.push_back(std::async(std::launch::async, run, worker));
  } catch (const std::system_error&) {
    // The host refuses another thread: those that there are do the same work, ignoring it.
  }
  results.push_back(std::async(std::launch::deferred, run, 0)); // this thread, in wait()
  results.back().wait();
  for (const auto& result : results)
    result.wait();

  std::exception_ptr failure;
  std::size_t lowest = count;
  for (std::size_t number = 0; number < results.size(); ++number) {
    const std::size_t worker = number + 1 == results.size() ? 0 : number + 1;
    try {
      results[number].get();
    } catch (const std::exception&) {
      if (latest[worker] >= lowest) continue;
      lowest = latest[worker];
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

unsigned default_thread_count() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&allowed)));
}

} // namespace imagewright::base
