// SPDX-License-Identifier: MIT
#pragma once

// What a machine tells on its console, between lines of its kernel.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright::machine {

/// Where both sides speak of a message as one line with a check value, so that a line that the
/// kernel wrote into is left out and no other is mistaken for one.
std::string console_line(std::string_view message);
/// Nothing for other lines.
std::optional<std::string> message_of(std::string_view line);

/// Puts pieces of an output together and hands on the messages.
class ConsoleReader {
public:
  explicit ConsoleReader(std::function<void(const std::string&)> on_message)
      : on_message_(std::move(on_message)) {}

  void take(std::string_view text);
  /// The last of what was no message, for people.
  std::string other_text() const { return other_; }

private:
  void take_line(std::string_view line);

  std::function<void(const std::string&)> on_message_;
  std::string line_;
  std::string other_;
};

} // namespace imagewright::machine
