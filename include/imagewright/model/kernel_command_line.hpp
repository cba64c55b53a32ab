// SPDX-License-Identifier: MIT
#pragma once

// The kernel command line as Linux itself reads it (next_arg in lib/cmdline.c).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::model {

/// The words of a command line. Only double quotes group; blanks between them belong to the word.
/// There is no escape, and single quotes are letters.
std::vector<std::string> kernel_words(std::string_view line);

/// Whether a double quote is never closed: the word would take all that follows.
bool has_open_quote(std::string_view word);

/// Whether Linux would take a byte of the word for a blank although no reader of text does: byte
/// A0, which is a no-break space in Latin-1 and a part of many letters in UTF-8.
bool has_hidden_blank(std::string_view word);

/// What Linux makes of one word: "a=b c" of both a="b c" and "a=b c".
struct KernelParameter {
  std::string name;
  std::optional<std::string> value;

  bool operator==(const KernelParameter&) const = default;
  /// NAME or NAME=VALUE, without the quotes that group.
  std::string to_string() const;
};

KernelParameter kernel_parameter(std::string_view word);

/// Names of parameters are the same when they differ in "-" and "_" alone.
bool is_same_parameter(std::string_view left, std::string_view right);

/// Whether an entry of a list of parameters to remove means this one: NAME stands for every value,
/// NAME=VALUE for that one.
bool is_meant_by(const KernelParameter& given, std::string_view entry);

/// Words with one blank between them.
std::string joined_kernel_words(const std::vector<std::string>& words);

} // namespace imagewright::model
