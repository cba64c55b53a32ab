// SPDX-License-Identifier: MIT
#include <chrono>

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include <imagewright/boot/accelerator.hpp>

using namespace imagewright;

namespace {

/// Of this thread, what a guest takes included.
std::chrono::milliseconds processor_time() {
  struct rusage usage {};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::milliseconds(time.tv_sec * 1000 + time.tv_usec / 1000);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

} // namespace

TEST_CASE("a trial of KVM has an end, also where each instruction is interpreted", "[boot]") {
  const auto before = processor_time();
  const bool first = boot::can_run_kvm_guest();
  const auto after_one = processor_time();
  CHECK(after_one - before < std::chrono::milliseconds(600));
  CHECK(boot::can_run_kvm_guest() == first);
  CHECK(processor_time() - after_one < std::chrono::milliseconds(5));
}
