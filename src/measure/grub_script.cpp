// SPDX-License-Identifier: MIT
#include "grub_script.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace imagewright::measure {

namespace {

constexpr int k_deepest = 16;
constexpr std::string_view k_ends = "\n;";
constexpr std::string_view k_not_known = "\\&|`<>";

bool is_name(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_';
}

/// Of variables that GRUB itself sets, whose values are not known here.
constexpr std::array<std::string_view, 7> k_own_beginnings{"grub_", "feature_", "config_", "net_",
                                                           "pxe_",  "color_",   "efi_"};
constexpr std::array<std::string_view, 11> k_own_names{
    "root",    "prefix",   "cmdpath",   "chosen",     "pager",           "lang",
    "gfxmode", "lockdown", "shim_lock", "locale_dir", "check_signatures"};

/// Whether a variable that no command has set is empty. A number is a parameter of the entry.
bool is_empty_unless_set(std::string_view name) {
  const bool is_number = name.front() >= '0' && name.front() <= '9';
  return !is_number && std::ranges::find(k_own_names, name) == k_own_names.end() &&
         std::ranges::none_of(k_own_beginnings, [&](std::string_view beginning) {
           return name.starts_with(beginning);
         });
}

/// Thrown and caught in this file alone.
struct NotUnderstood {};

class Parser {
public:
  explicit Parser(std::string_view text) : text_(text) {}

  Script whole() {
    Script script = statements({});
    if (at_ != text_.size()) throw NotUnderstood();
    return script;
  }

private:
  /// Up to one of these words as a command, which is left, or the end.
  Script statements(const std::vector<std::string_view>& ends) {
    if (++depth_ > k_deepest) throw NotUnderstood();
    Script script;
    for (skip_to_command(); at_ < text_.size(); skip_to_command()) {
      const std::string_view word = plain_word();
      if (std::ranges::find(ends, word) != ends.end()) break;
      script.push_back(word == "if" ? choice() : command());
    }
    --depth_;
    return script;
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
    if (at_ < text_.size() && text_[at_] == '#')
      at_ = std::min(text_.find('\n', at_), text_.size());
  }

  void skip_to_command() {
    for (skip_blanks(); at_ < text_.size() && k_ends.find(text_[at_]) != std::string_view::npos;
         skip_blanks())
      ++at_;
  }

  /// What is next, when it is a word without quotes; not taken.
  std::string_view plain_word() const {
    return text_.substr(at_, text_.find_first_of(" \t\r\n;", at_) - at_);
  }

  void expect(std::string_view word) {
    skip_to_command();
    if (plain_word() != word) throw NotUnderstood();
    at_ += word.size();
  }

  ScriptCommand choice() {
    ScriptCommand command;
    expect("if");
    for (bool has_more = true; has_more;) {
      ScriptCommand::Branch branch{.condition = statements({"then"}), .body = {}};
      if (branch.condition.empty()) throw NotUnderstood();
      expect("then");
      branch.body = statements({"elif", "else", "fi"});
      command.branches.push_back(std::move(branch));
      has_more = plain_word() == "elif";
      if (has_more) expect("elif");
    }
    if (plain_word() == "else") {
      expect("else");
      command.branches.push_back({.condition = {}, .body = statements({"fi"})});
    }
    expect("fi");
    return command;
  }

  ScriptCommand command() {
    ScriptCommand command;
    for (skip_blanks(); at_ < text_.size() && k_ends.find(text_[at_]) == std::string_view::npos;
         skip_blanks()) {
      if (plain_word() == "{") {
        const std::size_t start = at_;
        expect("{");
        command.block = statements({"}"});
        expect("}");
        command.block_text = text_.substr(start, at_ - start);
        break;
      }
      command.words.push_back(word());
    }
    // Words of the language stand where they mean something, and functions are not followed.
    const std::string first = command.words.empty() ? "" : command.words[0].pieces[0].text;
    for (const std::string_view reserved : {"", "then", "elif", "else", "fi", "}", "for", "while",
                                            "until", "function", "do", "done"}) {
      if (first == reserved) throw NotUnderstood();
    }
    return command;
  }

  ScriptWord word() {
    ScriptWord word;
    while (at_ < text_.size() && std::string_view(" \t\r\n;").find(text_[at_]) == std::string::npos)
      add_piece(word);
    return word;
  }

  void add_piece(ScriptWord& word) {
    const char letter = text_[at_];
    if (k_not_known.find(letter) != std::string_view::npos) throw NotUnderstood();
    if (letter == '\'') {
      const std::size_t end = text_.find('\'', at_ + 1);
      if (end == std::string_view::npos) throw NotUnderstood();
      word.pieces.push_back({.text = std::string(text_.substr(at_ + 1, end - at_ - 1)),
                             .is_variable = false,
                             .is_quoted = true});
      at_ = end + 1;
    } else if (letter == '"') {
      add_quoted(word);
    } else if (letter == '$') {
      word.pieces.push_back({.text = variable(), .is_variable = true, .is_quoted = false});
    } else {
      const std::size_t end =
          std::min(text_.find_first_of(" \t\r\n;'\"$\\&|`<>", at_), text_.size());
      word.pieces.push_back({.text = std::string(text_.substr(at_, end - at_))});
      at_ = end;
    }
  }

  void add_quoted(ScriptWord& word) {
    word.pieces.push_back({.text = "", .is_variable = false, .is_quoted = true});
    for (++at_; at_ < text_.size() && text_[at_] != '"';) {
      if (text_[at_] == '\\') throw NotUnderstood();
      if (text_[at_] == '$') {
        word.pieces.push_back({.text = variable(), .is_variable = true, .is_quoted = true});
      } else {
        word.pieces.push_back(
            {.text = std::string(1, text_[at_++]), .is_variable = false, .is_quoted = true});
      }
    }
    if (at_++ == text_.size()) throw NotUnderstood();
  }

  std::string variable() {
    const bool is_braced = text_.substr(at_).starts_with("${");
    at_ += is_braced ? 2 : 1;
    const std::size_t start = at_;
    while (at_ < text_.size() && is_name(text_[at_]))
      ++at_;
    std::string name(text_.substr(start, at_ - start));
    if (name.empty() || (is_braced && (at_ == text_.size() || text_[at_++] != '}')))
      throw NotUnderstood();
    return name;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

} // namespace

std::optional<Script> parse_grub_script(std::string_view text) {
  try {
    return Parser(text).whole();
  } catch (const NotUnderstood&) {
    return std::nullopt;
  }
}

std::optional<std::vector<std::string>>
expanded_words(const ScriptCommand& command, const std::map<std::string, std::string>& variables) {
  std::vector<std::string> words;
  for (const ScriptWord& word : command.words) {
    std::string text;
    bool is_word = false;
    for (const ScriptWord::Piece& piece : word.pieces) {
      std::string value = piece.text;
      if (piece.is_variable) {
        const auto found = variables.find(piece.text);
        if (found == variables.end() && !is_empty_unless_set(piece.text)) return std::nullopt;
        value = found == variables.end() ? "" : found->second;
        if (!piece.is_quoted && value.find_first_of(" \t") != std::string::npos)
          return std::nullopt;
      }
      is_word = is_word || piece.is_quoted || !value.empty();
      text += value;
    }
    if (is_word) words.push_back(std::move(text));
  }
  return words;
}

} // namespace imagewright::measure
