// SPDX-License-Identifier: MIT
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "test_root.hpp"

using namespace imagewright;
using imagewright_test::TestRoot;

namespace {

/// Writes down what it hears, in order.
class Listener final : public sandbox::CallHandler {
public:
  void on_message(std::string_view text) override { heard += "<" + std::string(text) + ">"; }
  void on_output(std::string_view text) override { heard += text; }
  std::optional<TimePoint> deadline() const override { return limit; }
  void on_deadline() override {
    throw base::Error(base::FailureKind::build, "test.deadline", "too late");
  }

  std::string heard;
  std::optional<TimePoint> limit;
};

std::string call(TestRoot& root, const sandbox::SandboxFunction& function, Listener& listener) {
  sandbox::Sandbox sandbox(root.options, root.cancellation);
  return sandbox.call(function, listener);
}

std::string code_of(TestRoot& root, const sandbox::SandboxFunction& function) {
  Listener listener;
  try {
    call(root, function, listener);
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "nothing was thrown";
}

} // namespace

TEST_CASE("a function runs inside and its result comes out", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  Listener listener;
  int here = 1;
  const std::string result = call(
      root,
      [&](const sandbox::CallContext&) {
        here = 2;
        std::ofstream("/made") << "inside";
        return std::to_string(::getppid()) + std::string(100000, 'x') + std::getenv("LC_ALL");
      },
      listener);
  CHECK(result == "1" + std::string(100000, 'x') + "C.UTF-8");
  CHECK(here == 1);
  CHECK(imagewright_test::read_text(root.path("made")) == "inside");
}

TEST_CASE("messages and output arrive in the order in which they were sent", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  Listener listener;
  std::string expected;
  for (int number = 0; number < 50; ++number) {
    expected += "out" + std::to_string(number) + "<" + std::string(20000, 'm') +
                std::to_string(number) + ">";
  }
  call(
      root,
      [](const sandbox::CallContext& context) {
        for (int number = 0; number < 50; ++number) {
          const std::string text = "out" + std::to_string(number);
          if (::write(1, text.data(), text.size()) < 0) ::_exit(1);
          context.messages.send(std::string(20000, 'm') + std::to_string(number));
        }
        return std::string();
      },
      listener);
  // Without Catch2's rendering of a megabyte.
  const bool is_in_order = listener.heard == expected;
  CHECK(is_in_order);
}

TEST_CASE("exceptions keep their kind and content on the way out", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  Listener listener;
  base::Diagnostic diagnostic;
  diagnostic.code = "test.some-code";
  diagnostic.message = "message";
  diagnostic.where = base::SourceLocation{"file.yaml", 3, 4};
  diagnostic.related = {{{"other.yaml", 5, 6}, "first here"}};
  diagnostic.context = {"while one", "while two"};
  diagnostic.hint = "hint";
  try {
    call(
        root,
        [&](const sandbox::CallContext&) -> std::string {
          throw base::Error(base::FailureKind::verification, diagnostic);
        },
        listener);
    FAIL("nothing was thrown");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::FailureKind::verification);
    CHECK(error.diagnostic() == diagnostic);
  }
  CHECK_THROWS_AS(call(
                      root,
                      [](const sandbox::CallContext&) -> std::string { throw base::Cancelled(); },
                      listener),
                  base::Cancelled);
  CHECK_THROWS_WITH(
      call(
          root, [](const sandbox::CallContext&) -> std::string { throw std::runtime_error("odd"); },
          listener),
      "odd");
}

TEST_CASE("the deadline ends a call, and a killed function is noticed", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  Listener listener;
  listener.limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
  try {
    call(
        root,
        [](const sandbox::CallContext& context) {
          context.messages.send("begun");
          if (::write(1, "tail", 4) < 0) ::_exit(1);
          ::pause();
          return std::string();
        },
        listener);
    FAIL("nothing was thrown");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "test.deadline");
  }
  CHECK(listener.heard == "<begun>tail");
  CHECK(code_of(root, [](const sandbox::CallContext&) {
          ::raise(SIGKILL);
          return std::string();
        }) == "sandbox.call-died");
}

TEST_CASE("no descriptor of the caller is open inside", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  Listener listener;
  const int host_directory = ::open("/", O_PATH | O_DIRECTORY);
  const std::string links = call(
      root,
      [](const sandbox::CallContext&) {
        std::string names;
        for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
          std::error_code error;
          names += std::filesystem::read_symlink(entry.path(), error).string() + " ";
        }
        return names;
      },
      listener);
  ::close(host_directory);
  INFO(links);
  // Null device, two pipes, the channel, the bare root (and the file that keeps a foreign format),
  // /proc/self/fd.
  CHECK(std::ranges::count(links, ' ') <= 7);
}

TEST_CASE("the bare root shows the image below the sandbox's own mounts, and no way out",
          "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  Listener listener;
  const std::string result = call(
      root,
      [](const sandbox::CallContext& context) {
        ::mkdirat(context.bare_root, "tmp/below", 0700);
        const bool is_seen = ::access("/tmp/below", F_OK) == 0;
        const bool is_out =
            ::faccessat(context.bare_root, "../../../../../../etc/hostname", F_OK, 0) == 0;
        return std::string(is_seen ? "seen " : "hidden ") + (is_out ? "out" : "in");
      },
      listener);
  CHECK(result == "hidden in");
  CHECK(std::filesystem::exists(root.path("tmp/below")));
}
