// SPDX-License-Identifier: MIT
#include "compose_beside.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <span>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/error_codec.hpp>

namespace imagewright::pipeline {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

/// How long a wish to stop may go unnoticed.
constexpr std::chrono::milliseconds k_attention{100};

enum class Saying : std::uint64_t { message, warning };
enum class Ending : std::uint64_t { composed, failed };

/// Keeps what is said for later: two processes that show stages at once would show neither. How
/// long its stages took stands in the report that it publishes.
class KeptSayings final : public report::Reporter {
public:
  void stage_started(std::string_view /*stage*/, std::string_view /*detail*/) noexcept override {}
  void stage_finished(std::string_view /*stage*/, report::StageOutcome /*outcome*/,
                      std::string_view /*summary*/) noexcept override {}
  void progress(std::string_view /*stage*/,
                const report::Progress& /*progress*/) noexcept override {}
  void message(report::Level level, std::string_view text) noexcept override {
    const std::lock_guard lock(mutex_);
    sayings_.number(static_cast<std::uint64_t>(Saying::message));
    sayings_.number(static_cast<std::uint64_t>(level)).text(text);
  }
  void warning(const base::Diagnostic& diagnostic) noexcept override {
    const std::lock_guard lock(mutex_);
    sayings_.number(static_cast<std::uint64_t>(Saying::warning));
    sayings_.text(sandbox::encode_exception(base::Error(base::FailureKind::build, diagnostic)));
  }

  std::string take() { return sayings_.take(); }

private:
  std::mutex mutex_;
  ByteWriter sayings_;
};

void say_again(std::string_view sayings, report::Reporter& reporter) {
  for (ByteReader reader(sayings); !reader.at_end();) {
    if (reader.choice(Saying::warning) == Saying::message) {
      const auto level = reader.choice(report::Level::error);
      reporter.message(level, reader.text());
      continue;
    }
    try {
      sandbox::throw_decoded(reader.text(), &sandbox::knows_every_file);
    } catch (const base::Error& error) {
      reporter.warning(error.diagnostic());
    }
  }
}

void write_image(ByteWriter& writer, const ComposedImage& image) {
  writer.number(static_cast<std::uint64_t>(Ending::composed)).text(to_bytes(image.inputs));
  writer.number(image.files.size());
  for (const fs::PublishedFile& file : image.files)
    writer.text(file.path.string()).text(file.digest.to_string());
}

ComposedImage read_image(ByteReader& reader) {
  ComposedImage image{.files = {}, .inputs = stage_inputs_from(reader.text())};
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    fs::PublishedFile file{.path = reader.text(), .digest = {}};
    file.digest = base::Digest::parse(reader.text()).value_or(base::Digest{});
    image.files.push_back(std::move(file));
  }
  return image;
}

fs::UniqueFd nameless_file() {
  fs::UniqueFd file(::memfd_create("imagewright-answer", MFD_CLOEXEC));
  if (!file) throw std::system_error(errno, std::generic_category(), "memfd_create");
  return file;
}

/// All of the other process. Ends it.
[[noreturn]] void compose_and_end(const plan::ResolvedPlan& plan, const BuildOptions& options,
                                  const plan::Services& services, int answer, pid_t parent) {
  // Whoever waits for this may be killed.
  if (::prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || ::getppid() != parent) ::_exit(1);
  KeptSayings sayings;
  ByteWriter ending;
  try {
    write_image(ending, compose(plan, options,
                                {.reporter = sayings,
                                 .cancellation = services.cancellation,
                                 .clock = services.clock,
                                 .cache_directory = services.cache_directory,
                                 .thread_count = services.thread_count}));
  } catch (const std::exception& exception) {
    ending = ByteWriter();
    ending.number(static_cast<std::uint64_t>(Ending::failed))
        .text(sandbox::encode_exception(exception));
  }
  try {
    const std::string text = ByteWriter().text(sayings.take()).text(ending.take()).take();
    fs::write_exactly(answer, std::as_bytes(std::span(text)), 0, "answer");
  } catch (const std::exception&) {
    ::_exit(1); // that there is no answer is noticed
  }
  ::_exit(0);
}

pid_t start(const plan::ResolvedPlan& plan, const BuildOptions& options,
            const plan::Services& services, int answer) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) compose_and_end(plan, options, services, answer, parent);
  return pid;
}

} // namespace

bool may_compose_beside(const BuildOptions& options, const plan::Services& services) {
  // Of a process with threads only one would go on in the other.
  using Iterator = std::filesystem::directory_iterator;
  const bool is_alone = std::distance(Iterator("/proc/self/task"), Iterator()) == 1;
  return is_alone && services.thread_count > 1 && options.rung != sandbox::Rung::machine &&
         options.shared_cache == nullptr && options.report_file.empty();
}

BesideComposition::BesideComposition(const plan::ResolvedPlan& plan, const BuildOptions& options,
                                     const plan::Services& services)
    : plan_(plan), services_(services), answer_(nameless_file()),
      child_(start(plan, options, services, answer_.get()), process::Ending::ask) {}

void BesideComposition::wait() {
  const report::StageScope stage(services_.reporter, "beside", name_of(plan_));
  const fs::UniqueFd end(static_cast<int>(::syscall(SYS_pidfd_open, child_.pid(), 0)));
  if (!end) throw std::system_error(errno, std::generic_category(), "pidfd_open");
  for (bool has_ended = false; !has_ended;) {
    services_.cancellation.check();
    std::array polled{pollfd{end.get(), POLLIN, 0}};
    has_ended = process::poll_or_throw(polled, k_attention) > 0;
  }
  child_.wait();
}

std::string BesideComposition::answer() const {
  struct stat status {};
  if (::fstat(answer_.get(), &status) != 0 || status.st_size == 0)
    throw base::BugError(
        fmt::format("the process that composed {} ended without an answer", name_of(plan_)));
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  fs::read_exactly(answer_.get(), std::as_writable_bytes(std::span(text)), 0, "answer");
  return text;
}

ComposedImage BesideComposition::finish() {
  wait();
  const std::string text = answer();
  ByteReader reader(text);
  say_again(reader.text(), services_.reporter);
  const std::string ending = reader.text();
  ByteReader end(ending);
  if (end.choice(Ending::failed) == Ending::failed)
    sandbox::throw_decoded(end.text(), &sandbox::knows_every_file);
  return read_image(end);
}

} // namespace imagewright::pipeline
