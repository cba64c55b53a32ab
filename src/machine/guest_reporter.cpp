// SPDX-License-Identifier: MIT
#include "guest_reporter.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/error_codec.hpp>

#include "console.hpp"

namespace imagewright::machine {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

/// The console is slow, and what is too long for it is for people only.
constexpr std::size_t k_longest_text = 2000;
constexpr std::chrono::milliseconds k_between_progress{1000};

std::string_view shortened(std::string_view text) {
  return text.substr(0, k_longest_text);
}

ByteWriter start(MessageKind kind) {
  ByteWriter writer;
  writer.number(static_cast<std::uint64_t>(kind));
  return writer;
}

report::Progress read_progress(ByteReader& reader) {
  report::Progress progress;
  progress.items_done = reader.number();
  if (reader.number() != 0) progress.items_total = reader.number();
  progress.bytes_done = base::ByteSize(reader.number());
  if (reader.number() != 0) progress.bytes_total = base::ByteSize(reader.number());
  progress.current = base::escape_controls(reader.text());
  return progress;
}

void relay_warning(const std::string& bytes, report::Reporter& reporter,
                   const sandbox::KnownFile& is_known) {
  try {
    sandbox::throw_decoded(bytes, is_known);
  } catch (const base::Error& error) {
    reporter.warning(error.diagnostic());
  }
}

} // namespace

void send_message(int console, const std::string& message) noexcept {
  const std::string line = console_line(message);
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t count = ::write(console, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

void GuestReporter::stage_started(std::string_view stage, std::string_view detail) noexcept {
  ByteWriter writer = start(MessageKind::stage_started);
  send_message(console_, writer.text(stage).text(shortened(detail)).take());
}

void GuestReporter::stage_finished(std::string_view stage, report::StageOutcome outcome,
                                   std::string_view summary) noexcept {
  ByteWriter writer = start(MessageKind::stage_finished);
  writer.text(stage).number(static_cast<std::uint64_t>(outcome)).text(shortened(summary));
  send_message(console_, writer.take());
}

void GuestReporter::progress(std::string_view stage, const report::Progress& progress) noexcept {
  {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (now < next_progress_) return;
    next_progress_ = now + k_between_progress;
  }
  ByteWriter writer = start(MessageKind::progress);
  writer.text(stage).number(progress.items_done).number(progress.items_total ? 1 : 0);
  if (progress.items_total) writer.number(*progress.items_total);
  writer.number(progress.bytes_done.bytes()).number(progress.bytes_total ? 1 : 0);
  if (progress.bytes_total) writer.number(progress.bytes_total->bytes());
  send_message(console_, writer.text(shortened(progress.current)).take());
}

void GuestReporter::message(report::Level level, std::string_view text) noexcept {
  ByteWriter writer = start(MessageKind::message);
  writer.number(static_cast<std::uint64_t>(level)).text(shortened(text));
  send_message(console_, writer.take());
}

void GuestReporter::warning(const base::Diagnostic& diagnostic) noexcept {
  ByteWriter writer = start(MessageKind::warning);
  writer.text(sandbox::encode_exception(base::Error(base::FailureKind::build, diagnostic)));
  send_message(console_, writer.take());
}

std::optional<int> relay(const std::string& message, report::Reporter& reporter,
                         const sandbox::KnownFile& is_known) {
  ByteReader reader(message);
  switch (static_cast<MessageKind>(reader.number())) {
  case MessageKind::alive:
    break;
  case MessageKind::stage_started: {
    const std::string stage = base::escape_controls(reader.text());
    reporter.stage_started(stage, reader.text());
    break;
  }
  case MessageKind::stage_finished: {
    const std::string stage = base::escape_controls(reader.text());
    const auto outcome =
        reader.number() == 0 ? report::StageOutcome::done : report::StageOutcome::failed;
    reporter.stage_finished(stage, outcome, reader.text());
    break;
  }
  case MessageKind::progress: {
    const std::string stage = base::escape_controls(reader.text());
    reporter.progress(stage, read_progress(reader));
    break;
  }
  case MessageKind::message: {
    // Whatever a machine says, it is one of these.
    const auto level = static_cast<report::Level>(
        std::min(reader.number(), static_cast<std::uint64_t>(report::Level::error)));
    reporter.message(level, reader.text());
    break;
  }
  case MessageKind::warning:
    relay_warning(reader.text(), reporter, is_known);
    break;
  case MessageKind::ended:
    return static_cast<int>(reader.number());
  }
  return std::nullopt;
}

} // namespace imagewright::machine
