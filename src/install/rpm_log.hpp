// SPDX-License-Identifier: MIT
#pragma once

// What librpm says while it works.

#include <functional>
#include <string>
#include <vector>

namespace imagewright::install {

enum class LogLevel : unsigned char { warning, error };

struct LogMessage {
  LogLevel level = LogLevel::warning;
  std::string text;
};

/// Hears librpm's warnings and errors for as long as it lives; without it they would go to standard
/// error.
class RpmLog {
public:
  RpmLog();
  RpmLog(const RpmLog&) = delete;
  RpmLog& operator=(const RpmLog&) = delete;
  RpmLog(RpmLog&&) = delete;
  RpmLog& operator=(RpmLog&&) = delete;
  ~RpmLog();

  /// What was said since the last call.
  std::vector<LogMessage> take();

  /// For librpm's callback.
  void add(LogMessage message) { messages_.push_back(std::move(message)); }

private:
  std::vector<LogMessage> messages_;
};

} // namespace imagewright::install
