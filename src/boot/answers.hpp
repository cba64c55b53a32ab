// SPDX-License-Identifier: MIT
#pragma once

// What comes back from the guest: lines of the form "@imagewright KEY STATUS BASE64", closed by
// "@imagewright end COUNT -".

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace imagewright::boot {

inline constexpr std::string_view k_answer_mark = "@imagewright";
inline constexpr std::string_view k_end_key = "end";

/// The answer to one question.
struct Answer {
  int status = 0; ///< exit status of the program that was asked
  std::string text;

  bool operator==(const Answer&) const = default;
};

/// All answers by key.
struct Answers {
  std::map<std::string, Answer> by_key;
  /// Did the closing line come, and every answer before it?
  bool is_complete = false;

  /// The trimmed text when it was answered with exit status 0, else nothing.
  std::optional<std::string> find_text(const std::string& key) const;

  bool operator==(const Answers&) const = default;
};

/// Reads a stream in which other lines may stand between the answers. Damaged lines are left out,
/// which makes the answers incomplete.
Answers parse_answers(std::string_view stream);

/// RFC 4648, section 4; nothing when the text is not valid.
std::optional<std::string> base64_decoded(std::string_view text);

} // namespace imagewright::boot
