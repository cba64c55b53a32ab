// SPDX-License-Identifier: MIT
#include "report/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>

#include <imagewright/base/error.hpp>

#include "report/guarded.hpp"

namespace imagewright::report {

namespace {

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
  case Level::debug:
    return spdlog::level::debug;
  case Level::info:
    return spdlog::level::info;
  case Level::warning:
    return spdlog::level::warn;
  case Level::error:
    return spdlog::level::err;
  }
  return spdlog::level::info;
}

Level level_of(spdlog::level::level_enum level) {
  if (level <= spdlog::level::debug) return Level::debug;
  if (level == spdlog::level::info) return Level::info;
  return level == spdlog::level::warn ? Level::warning : Level::error;
}

/// Hands messages to the reporter that owns the screen, which knows what else stands there. The
/// reporter does its own locking, therefore the sink has none.
class ScreenSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
  explicit ScreenSink(Log::Screen screen) : screen_(std::move(screen)) {}

private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    screen_(level_of(message.level),
            std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  Log::Screen screen_;
};

std::unique_ptr<spdlog::logger> file_logger(const std::filesystem::path& path) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string(), true);
    auto logger = std::make_unique<spdlog::logger>("file", std::move(sink));
    logger->set_level(spdlog::level::trace);
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::trace);
    return logger;
  } catch (const spdlog::spdlog_ex& failure) {
    throw base::Error(base::FailureKind::build, "report.cannot-write-log",
                      std::string("cannot write the log file: ") + failure.what(),
                      "choose a directory that exists and is writable");
  }
}

/// spdlog prints its own troubles (a full disk under the log file) on stderr by default; they are
/// ours to lose.
void silence_own_errors(spdlog::logger& logger) {
  logger.set_error_handler([](const std::string&) {});
}

} // namespace

Log::Log(Level level, const std::filesystem::path& log_file, Screen screen)
    : screen_(std::make_unique<spdlog::logger>("screen",
                                               std::make_shared<ScreenSink>(std::move(screen)))) {
  screen_->set_level(spdlog_level(level));
  silence_own_errors(*screen_);
  if (log_file.empty()) return;
  file_ = file_logger(log_file);
  silence_own_errors(*file_);
}

Log::~Log() = default;

void Log::write(Level level, std::string_view text) noexcept {
  guarded([&] {
    const spdlog::string_view_t view(text.data(), text.size());
    if (file_) file_->log(spdlog_level(level), view);
    screen_->log(spdlog_level(level), view);
  });
}

void Log::note(std::string_view text) noexcept {
  guarded([&] {
    if (file_) file_->log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
  });
}

} // namespace imagewright::report
