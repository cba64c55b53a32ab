// SPDX-License-Identifier: MIT
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

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

std::string call(TestRoot& root, const sandbox::InsideCall& wanted, Listener& listener) {
  sandbox::Sandbox sandbox(root.options, root.cancellation);
  return sandbox.call(wanted, listener);
}

std::string code_of(TestRoot& root, const sandbox::InsideCall& wanted) {
  Listener listener;
  try {
    call(root, wanted, listener);
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "nothing was thrown";
}

} // namespace

TEST_CASE("a job runs inside and its answer comes out", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  Listener listener;
  CHECK(call(root, {.job = "make-file"}, listener) == "2" + std::string(100000, 'x') + "C.UTF-8");
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
  call(root, {.job = "talk"}, listener);
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
  diagnostic.log = "log";
  try {
    call(root, {.job = "throw-error"}, listener);
    FAIL("nothing was thrown");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::FailureKind::verification);
    // A line of which file it shows is not left to those inside.
    diagnostic.where = base::SourceLocation{"file.yaml", 0, 0};
    diagnostic.related = {{{"other.yaml", 0, 0}, "first here"}};
    CHECK(error.diagnostic() == diagnostic);
  }
  CHECK_THROWS_AS(call(root, {.job = "throw-cancelled"}, listener), base::Cancelled);
  CHECK_THROWS_WITH(call(root, {.job = "throw-foreign"}, listener), "odd");
}

TEST_CASE("the deadline ends a call, and a killed job is noticed", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  Listener listener;
  listener.limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  try {
    call(root, {.job = "hang"}, listener);
    FAIL("nothing was thrown");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "test.deadline");
  }
  CHECK(listener.heard == "<begun>tail");
  CHECK(code_of(root, {.job = "die", .request = std::to_string(SIGKILL)}) == "sandbox.call-died");
}

TEST_CASE("a job that was taken over cannot keep its caller by speaking on", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  CHECK(code_of(root, {.job = "speak-on", .request = "empty-parts"}) == "sandbox.worker-answer");
  // It does not take the answers.
  CHECK(code_of(root, {.job = "speak-on", .request = "messages"}) == "sandbox.worker-answer");
  Listener listener;
  listener.limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  CHECK_THROWS_WITH(call(root, {.job = "tell-on"}, listener), Catch::Contains("too late"));
}

TEST_CASE("what a handler cannot decode is no answer", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  class Decoder final : public sandbox::CallHandler {
  public:
    void on_message(std::string_view text) override { sandbox::ByteReader(text).text(); }
    void on_output(std::string_view /*text*/) override {}
    std::optional<TimePoint> deadline() const override { return std::nullopt; }
    void on_deadline() override {}
  } decoder;
  sandbox::Sandbox sandbox(root.options, root.cancellation);
  CHECK_THROWS_WITH(sandbox.call({.job = "talk"}, decoder), Catch::Contains("gave no answer"));
}

TEST_CASE("no descriptor of the caller is open inside", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  Listener listener;
  const int host_directory = ::open("/", O_PATH | O_DIRECTORY);
  const std::string links = call(root, {.job = "list-descriptors"}, listener);
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
  CHECK(call(root, {.job = "use-bare-root"}, listener) == "hidden in");
  CHECK(std::filesystem::exists(root.path("tmp/below")));
}

TEST_CASE("a directory that a job was given can be read, and nothing beside it", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  TestRoot root;
  Listener listener;
  std::filesystem::create_directory(root.scratch / "data");
  std::ofstream(root.scratch / "data/given") << "content";
  std::ofstream(root.scratch / "secret") << "secret";
  const fs::UniqueFd directory(::open((root.scratch / "data").c_str(), O_RDONLY | O_DIRECTORY));
  CHECK(call(root, {.job = "use-directory", .descriptors = {directory.get()}}, listener) ==
        "content");
}

TEST_CASE("a job inside knows nothing of its caller", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  ::setenv("IMAGEWRIGHT_TEST_SECRET", "leaked-marker", 1);
  TestRoot root;
  Listener listener;
  const std::string text = call(root, {.job = "tell-origin"}, listener);
  CHECK_THAT(text,
             !Catch::Matchers::Contains("leaked-marker") && Catch::Matchers::Contains(" closed"));
}
