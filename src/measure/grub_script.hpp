// SPDX-License-Identifier: MIT
#pragma once

// GRUB's language, as far as configurations use it that start a kernel from a menu.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::measure {

/// A word before its variables have values.
struct ScriptWord {
  struct Piece {
    std::string text; ///< of a variable: its name
    bool is_variable = false;
    bool is_quoted = false;
  };
  std::vector<Piece> pieces;
};

struct ScriptCommand;
using Script = std::vector<ScriptCommand>;

/// A command of words, or the choice of one script among several.
struct ScriptCommand {
  struct Branch {
    Script condition; ///< empty: "else"
    Script body;
  };
  std::vector<ScriptWord> words;
  std::optional<Script> block; ///< of a menu entry
  std::string block_text;      ///< likewise, with its braces
  std::vector<Branch> branches;
};

/// Nothing where more of the language is used than is known here, or it is none.
std::optional<Script> parse_grub_script(std::string_view text);

/// The words of a command with the values of their variables; nothing where a value would fall
/// apart into several words, or only GRUB knows it.
std::optional<std::vector<std::string>>
expanded_words(const ScriptCommand& command, const std::map<std::string, std::string>& variables);

} // namespace imagewright::measure
