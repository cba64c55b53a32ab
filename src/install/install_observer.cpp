// SPDX-License-Identifier: MIT
#include "install_observer.hpp"

#include <csignal>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/sandbox/memory_kills.hpp>

namespace imagewright::install {

namespace {

constexpr std::size_t k_quoted_lines = 12;
constexpr auto k_stage = "install";
/// How long nothing may go on once the packages are verified, beside scripts.
constexpr std::chrono::minutes k_patience{30};

} // namespace

InstallObserver::InstallObserver(const InstallRequest& request,
                                 std::optional<sandbox::Emulator> emulator,
                                 report::Reporter& reporter)
    : request_(request), emulator_(std::move(emulator)), reporter_(reporter),
      output_(base::ByteSize::kib(64)) {
  progress_.items_total = request.packages.files.size();
}

void InstallObserver::on_message(std::string_view text) {
  on_event(decode_event(text));
}

void InstallObserver::on_output(std::string_view text) {
  output_.append(text);
}

std::optional<sandbox::CallHandler::TimePoint> InstallObserver::deadline() const {
  if (scriptlet_.empty()) return heard_ ? std::optional(*heard_ + k_patience) : std::nullopt;
  if (!request_.scriptlets.timeout) return std::nullopt;
  return started_ + *request_.scriptlets.timeout;
}

void InstallObserver::on_deadline() {
  if (scriptlet_.empty()) {
    throw base::Error(
        base::FailureKind::build, "sandbox.worker-timeout",
        fmt::format("nothing went on for {:.0f} s while packages were installed{}",
                    std::chrono::duration<double>(k_patience).count(),
                    package_.empty() ? "" : ", the last one " + base::quoted(package_)),
        "a scriptlet may have put a pipe in the place of a file or a directory: "
        "report it to whoever builds the packages");
  }
  base::Diagnostic diagnostic = scriptlet_diagnostic(
      "install.scriptlet-timeout",
      fmt::format("did not end within {:.1f} s",
                  std::chrono::duration<double>(*request_.scriptlets.timeout).count()));
  diagnostic.hint = "raise os.scriptlets.timeout, or report it to whoever builds the package";
  throw base::Error(base::FailureKind::build, std::move(diagnostic));
}

std::string InstallObserver::activity() const {
  if (scriptlet_.empty()) return {};
  return fmt::format("while running the scriptlet {} of the package {}", scriptlet_,
                     base::quoted(package_));
}

void InstallObserver::throw_hindered(const Event& event) {
  const std::string what = event.detail.empty()
                               ? fmt::format("the files of the package {} cannot be unpacked",
                                             base::quoted(event.package))
                               : fmt::format("the scriptlet {} of the package {} cannot run",
                                             event.detail, base::quoted(event.package));
  throw base::Error(base::FailureKind::build, "install.unpack-failed",
                    fmt::format("{}: {} in the root is a pipe", what, base::quoted(event.text)),
                    "a scriptlet of this package or of one before it put it there: report it to "
                    "whoever builds the packages");
}

void InstallObserver::on_event(const Event& event) {
  heard_ = TimePoint::clock::now();
  switch (event.kind) {
  case EventKind::verified:
    reporter_.message(report::Level::debug, fmt::format("{} packages verified", event.number));
    return;
  case EventKind::package_started:
    progress_.current = event.package;
    package_ = event.package;
    reporter_.progress(k_stage, progress_);
    return;
  case EventKind::package_finished:
    ++progress_.items_done;
    reporter_.progress(k_stage, progress_);
    return;
  case EventKind::scriptlet_started:
    on_scriptlet_started(event);
    return;
  case EventKind::scriptlet_finished:
    on_scriptlet_finished();
    return;
  case EventKind::scriptlet_failed:
    on_scriptlet_failed(event);
    return;
  case EventKind::unpacking:
    return;
  case EventKind::hindered:
    throw_hindered(event);
  case EventKind::warning:
    break;
  }
  reporter_.message(report::Level::warning, base::escape_controls(event.text));
}

void InstallObserver::on_scriptlet_started(const Event& event) {
  output_.clear();
  package_ = event.package;
  scriptlet_ = event.text;
  starts_before_ = starts();
  memory_kills_before_ = sandbox::count_memory_kills();
  started_ = TimePoint::clock::now();
}

sandbox::ProgramStarts InstallObserver::starts() const {
  return emulator_ ? sandbox::count_program_starts(*emulator_) : sandbox::ProgramStarts{};
}

void InstallObserver::on_scriptlet_finished() {
  const auto duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(TimePoint::clock::now() - started_);
  const sandbox::ProgramStarts now = starts();
  scriptlets_.push_back({.package = package_,
                         .scriptlet = scriptlet_,
                         .duration = duration,
                         .emulated_programs = now.emulated - starts_before_.emulated,
                         .native_programs = now.native - starts_before_.native});
  for (const std::string& line : process::last_lines(output_.text(), k_quoted_lines)) {
    reporter_.message(report::Level::debug, fmt::format("{} {}: {}", package_, scriptlet_, line));
  }
  scriptlet_.clear();
}

/// librpm's words: "%post(name-1-1.noarch) scriptlet failed, exit status 3". A trigger is told
/// apart there only: the callbacks name the package that set it off.
std::string InstallObserver::take_over_owner(const std::string& words) {
  const std::size_t open = words.find('(');
  const std::size_t close = words.find(") scriptlet failed, ");
  if (open == std::string::npos || close == std::string::npos || close < open) return words;
  // For other scriptlets they are the tag's name: "%prein".
  if (words.substr(0, open).find("trigger") != std::string::npos)
    scriptlet_ = words.substr(0, open);
  const std::string nevra = words.substr(open + 1, close - open - 1);
  for (const model::PackageFile& file : request_.packages.files) {
    if (file.package.nevra.to_string() == nevra) package_ = file.package.nevra.name;
  }
  return words.substr(words.find(", ", close) + 2);
}

void InstallObserver::on_scriptlet_failed(const Event& event) {
  const std::string how = take_over_owner(event.detail);
  base::Diagnostic diagnostic = scriptlet_diagnostic(
      "install.scriptlet-failed",
      "failed: " + base::escape_controls(how.empty() ? "no reason given" : how));
  throw_if_for_memory(how, diagnostic);
  on_scriptlet_finished();
  if (request_.scriptlets.allowed_failures.contains(package_)) {
    diagnostic.severity = base::Severity::warning;
    reporter_.warning(diagnostic);
    return;
  }
  diagnostic.hint = fmt::format("if this does no harm, add {} to os.scriptlets.allowFailure",
                                base::quoted(package_));
  throw base::Error(base::FailureKind::build, std::move(diagnostic));
}

void InstallObserver::throw_if_for_memory(const std::string& how,
                                          const base::Diagnostic& failure) const {
  // librpm's words.
  if (how != fmt::format("signal {}", SIGKILL)) return;
  auto found = sandbox::find_memory_kill(failure.message, memory_kills_before_);
  if (!found) return;
  found->context = failure.context;
  throw base::Error(base::FailureKind::build, std::move(*found));
}

base::Diagnostic InstallObserver::scriptlet_diagnostic(const char* code,
                                                       const std::string& what) const {
  base::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message = fmt::format("the scriptlet {} of the package {} {}", scriptlet_,
                                   base::quoted(package_), what);
  for (const std::string& line : process::last_lines(output_.text(), k_quoted_lines)) {
    diagnostic.context.push_back("while it wrote: " + line);
  }
  return diagnostic;
}

} // namespace imagewright::install
