// SPDX-License-Identifier: MIT
#include <cstring>

#include <linux/keyctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>

#include "test_root.hpp"

using namespace imagewright;
using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;
using imagewright_test::TestRoot;

namespace {

/// What the job "try-calls" could do; see jobs.cpp.
class Silent final : public sandbox::CallHandler {
public:
  void on_message(std::string_view /*text*/) override {}
  void on_output(std::string_view /*text*/) override {}
  std::optional<TimePoint> deadline() const override { return std::nullopt; }
  void on_deadline() override {}
};

std::string call(TestRoot& root, const sandbox::InsideCall& wanted) {
  Silent handler;
  sandbox::Sandbox sandbox(root.options, root.cancellation);
  return sandbox.call(wanted, handler);
}

std::string failure_of(TestRoot& root, const std::string& script) {
  try {
    root.shell(script);
  } catch (const base::Error& error) {
    return error.diagnostic().code + ": " + error.diagnostic().message;
  }
  return "nothing was thrown";
}

/// What the sandboxes that are made meanwhile may have.
class MemoryBound {
public:
  explicit MemoryBound(base::ByteSize size) {
    ::getrlimit(RLIMIT_RSS, &before_);
    const rlimit wanted{size.bytes(), before_.rlim_max};
    ::setrlimit(RLIMIT_RSS, &wanted);
  }
  MemoryBound(const MemoryBound&) = delete;
  MemoryBound& operator=(const MemoryBound&) = delete;
  MemoryBound(MemoryBound&&) = delete;
  MemoryBound& operator=(MemoryBound&&) = delete;
  ~MemoryBound() { ::setrlimit(RLIMIT_RSS, &before_); }

private:
  rlimit before_{};
};

} // namespace

TEST_CASE("no system call leads out of a root", "[sandbox][policy]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  CHECK_THAT(call(root, {.job = "try-calls"}), Equals(""));
}

TEST_CASE("the session's keys of the caller are out of reach", "[sandbox][policy]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  ::syscall(SYS_add_key, "user", "imagewright-key", "secret", 6, KEY_SPEC_SESSION_KEYRING);
  CHECK(root.output_of("cat /proc/keys /proc/key-users 2>/dev/null").empty());
}

TEST_CASE("what tells about the host is empty inside", "[sandbox][policy]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  CHECK(root.output_of(
            "for name in kcore kmsg timer_list kallsyms interrupts slabinfo iomem ioports; do "
            "[ ! -e /proc/$name ] || head -c 1 /proc/$name; done; "
            "for name in acpi scsi; do [ ! -e /proc/$name ] || ls /proc/$name; done; "
            "[ ! -e /sys/firmware ] || ls /sys/firmware; "
            "for name in virtual/dmi pci0000:00; do "
            "[ ! -e /sys/devices/$name ] || ls /sys/devices/$name; done") == "");
  // Lines are "number:controllers:path".
  CHECK(root.output_of("while IFS=: read -r number controllers path; do "
                       "[ \"$path\" = / ] || echo \"$path\"; done < /proc/self/cgroup") == "");
}

TEST_CASE("devices of a script's own making cannot be opened anywhere", "[sandbox][policy]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  const std::string text = root.output_of(
      "for place in /dev /dev/shm /tmp /run /; do rm -f $place/made; "
      "mknod $place/made c 1 5 2>/dev/null && head -c 1 $place/made > /dev/null 2>&1 "
      "&& echo opened in $place; done; :");
  CHECK_THAT(text, !Contains("opened"));
}

TEST_CASE("the host's devices keep their owner and mode", "[sandbox][policy]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  const std::string text =
      root.output_of("chmod 600 /dev/full; chown 1:1 /dev/full; touch -d @0 /dev/full; "
                     "echo x > /dev/null && echo works");
  CHECK_THAT(text, Contains("Read-only file system") && Contains("works"));
}

TEST_CASE("a program that crashes fails its step, whatever its parent makes of it",
          "[sandbox][policy]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  const std::string killed =
      failure_of(root, "sh -c 'sleep 0.3; kill -9 $$; sleep 1' || :; sleep 0.2; echo done");
  CHECK_THAT(killed,
             Contains("sandbox.process-killed") && Contains("\"sh\"") && Contains("signal 9"));
  CHECK_THAT(failure_of(root, "(sh -c 'sleep 0.3; kill -SEGV $$' || :) ; sleep 0.2"),
             Contains("signal 11"));
  // What programs send each other to end is no fault.
  CHECK(failure_of(root, "sleep 5 & sleep 0.2; kill $!; wait $! || :; yes | head -1") ==
        "nothing was thrown");
}

TEST_CASE("who watches goes on when programs stop it", "[sandbox][policy]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  // Of the three that are no programs of the image, the second watches.
  const std::string states =
      root.output_of("kill -STOP -1; sleep 0.3; for process in 1 2; do "
                     "read -r line < /proc/$process/stat; echo \"$line\"; done");
  CHECK_THAT(states, Contains("1 (") && Contains("2 (") && !Contains(") T "));
  CHECK(call(root, {.job = "be-stopped"}) == "went on");
  try {
    call(root, {.job = "be-stopped", .request = "without end"});
    FAIL("nothing was thrown");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "sandbox.call-died");
  }
  CHECK_THAT(failure_of(root, "while :; do kill -STOP 2; done"), StartsWith("sandbox."));
}

TEST_CASE("threads count as processes do, before there are too many", "[sandbox][policy]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  try {
    call(root, {.job = "make-threads"});
    FAIL("nothing was thrown");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "sandbox.too-many-processes");
  }
}

TEST_CASE("memory counts wherever it is", "[sandbox][policy]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  const MemoryBound bound(base::ByteSize::mib(200));
  for (const char* place : {"unnamed-file", "shared", "system-v", "shared and unnamed-file"}) {
    INFO(place);
    try {
      const std::string said = call(root, {.job = "hide-memory", .request = place});
      FAIL(said);
    } catch (const base::Error& error) {
      CHECK(error.diagnostic().code == "sandbox.out-of-memory");
      CHECK_THAT(error.diagnostic().message, Contains("more than 200 MiB"));
    }
  }
}

TEST_CASE("a program that does not end is ended with the root's own limit", "[sandbox][policy]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  root.options.time_limit = std::chrono::milliseconds(700);
  CHECK(root.shell("while :; do :; done").is_timed_out);
}
