// SPDX-License-Identifier: MIT
#pragma once

// The commands of a shell's file, apart from what they mean.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::finalize::boot_loaders {

/// A piece of a shell's file.
struct ShellToken {
  /// A word, with its quotes.
  enum class Kind : std::uint8_t { word, separator, end, broken };
  Kind kind = Kind::end;
  std::string text;      ///< of a separator: "\n", ";", "&&", "(" and so on
  std::size_t start = 0; ///< where it begins
};

/// Takes words and separators from the front of a text, without comments, redirections and the
/// bodies of here-documents.
class ShellTokens {
public:
  explicit ShellTokens(std::string_view text) : text_(text) {}

  /// "broken" for what ends within quotes, a substitution or a here-document.
  ShellToken next();

private:
  struct HereDocument {
    std::string delimiter;
    bool is_indented = false;
  };

  void skip_blanks();
  std::string take_word();
  void take_redirection();
  bool skip_here_documents();

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_broken_ = false;
  std::vector<HereDocument> here_documents_;
};

/// Where a quoted or substituted part of a word ends that begins at `at`: behind "'…'", "\"…\"",
/// "$(…)", "${…}", "`…`" or an escaped letter; `at` + 1 for any other letter. Nothing (npos) when
/// it does not end.
std::size_t end_of_shell_part(std::string_view text, std::size_t at, bool is_in_double_quotes);

/// How many letters at the front could be a variable's name.
std::size_t shell_name_size(std::string_view text);

} // namespace imagewright::finalize::boot_loaders
