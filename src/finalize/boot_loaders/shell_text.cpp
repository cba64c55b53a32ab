// SPDX-License-Identifier: MIT
#include "shell_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace imagewright::finalize::boot_loaders {
namespace {

constexpr auto k_none = std::string_view::npos;

bool is_blank(char letter) {
  return letter == ' ' || letter == '\t';
}

/// No file that is meant well nests its quotes and substitutions as deep.
constexpr int k_most_depth = 40;

std::size_t end_of_part(std::string_view text, std::size_t at, bool is_in_double_quotes, int depth);

/// Behind the letter that closes what has begun before `at`.
std::size_t end_of_group(std::string_view text, std::size_t at, char close,
                         bool is_in_double_quotes, int depth) {
  while (depth < k_most_depth && at < text.size()) {
    if (text[at] == close) return at + 1;
    // A bracket within, of a subshell or a pattern.
    const bool is_nested = close == ')' && text[at] == '(';
    at = is_nested ? end_of_group(text, at + 1, ')', false, depth + 1)
                   : end_of_part(text, at, is_in_double_quotes, depth + 1);
    if (at == k_none) return k_none;
  }
  return k_none;
}

std::size_t end_of_part(std::string_view text, std::size_t at, bool is_in_double_quotes,
                        int depth) {
  const char letter = text[at];
  if (letter == '\\') return at + 1 < text.size() ? at + 2 : k_none;
  if (letter == '\'' && !is_in_double_quotes) {
    const std::size_t end = text.find('\'', at + 1);
    return end == k_none ? k_none : end + 1;
  }
  if (letter == '`') {
    for (++at; at < text.size() && text[at] != '`'; ++at)
      at += text[at] == '\\' ? std::size_t{1} : std::size_t{0};
    return at < text.size() ? at + 1 : k_none;
  }
  if (letter == '"' && !is_in_double_quotes) return end_of_group(text, at + 1, '"', true, depth);
  if (letter != '$' || at + 1 == text.size()) return at + 1;
  if (text[at + 1] == '(') return end_of_group(text, at + 2, ')', false, depth);
  if (text[at + 1] == '{') return end_of_group(text, at + 2, '}', is_in_double_quotes, depth);
  return at + 1;
}

std::string without_quotes(std::string_view word) {
  std::string plain;
  std::ranges::copy_if(word, std::back_inserter(plain), [](char letter) {
    return std::string_view("'\"\\").find(letter) == std::string_view::npos;
  });
  return plain;
}

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

} // namespace

std::size_t end_of_shell_part(std::string_view text, std::size_t at, bool is_in_double_quotes) {
  return end_of_part(text, at, is_in_double_quotes, 0);
}

std::size_t shell_name_size(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return 0;
  const auto end = std::ranges::find_if_not(text, [](char letter) {
    return letter == '_' || (static_cast<unsigned char>(letter) < 128 &&
                             std::isalnum(static_cast<unsigned char>(letter)) != 0);
  });
  return static_cast<std::size_t>(end - text.begin());
}

void ShellTokens::skip_blanks() {
  while (at_ < text_.size()) {
    if (is_blank(text_[at_])) {
      ++at_;
    } else if (text_.substr(at_).starts_with("\\\n")) {
      at_ += 2;
    } else if (text_[at_] == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      return;
    }
  }
}

std::string ShellTokens::take_word() {
  constexpr std::string_view k_ends = " \t\n;&|()<>";
  const std::size_t start = at_;
  while (at_ < text_.size() && k_ends.find(text_[at_]) == k_none) {
    at_ = end_of_shell_part(text_, at_, false);
    if (at_ != k_none) continue;
    is_broken_ = true;
    at_ = text_.size();
  }
  return std::string(text_.substr(start, at_ - start));
}

void ShellTokens::take_redirection() {
  const std::size_t start = at_;
  while (at_ < text_.size() && std::string_view("<>&|").find(text_[at_]) != k_none &&
         at_ - start < 3)
    ++at_;
  const std::string_view sign = text_.substr(start, at_ - start);
  const bool is_indented = sign == "<<" && at_ < text_.size() && text_[at_] == '-';
  if (is_indented) ++at_;
  skip_blanks();
  const std::string target = take_word();
  if (sign == "<<") here_documents_.push_back({without_quotes(target), is_indented});
}

bool ShellTokens::skip_here_documents() {
  for (const HereDocument& document : std::exchange(here_documents_, {})) {
    bool has_ended = false;
    while (!has_ended && at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      std::string_view line = text_.substr(at_, end - at_);
      while (document.is_indented && line.starts_with('\t'))
        line.remove_prefix(1);
      has_ended = line == document.delimiter;
      at_ = std::min(end + 1, text_.size());
    }
    if (!has_ended) return false;
  }
  return true;
}

ShellToken ShellTokens::next() {
  using Kind = ShellToken::Kind;
  constexpr std::array<std::string_view, 10> k_separators{"&&", "||", ";;", "|&", ";",
                                                          "&",  "|",  "(",  ")",  "\n"};
  while (true) {
    skip_blanks();
    if (at_ == text_.size()) return {here_documents_.empty() ? Kind::end : Kind::broken, "", at_};
    const std::size_t start = at_;
    const std::string_view rest = text_.substr(at_);
    const bool is_redirection =
        rest.front() == '<' || rest.front() == '>' || rest.starts_with("&>");
    const auto separator = std::ranges::find_if(
        k_separators, [&](std::string_view each) { return rest.starts_with(each); });
    if (!is_redirection && separator != k_separators.end()) {
      at_ += separator->size();
      const bool is_whole = *separator != "\n" || skip_here_documents();
      return {is_whole ? Kind::separator : Kind::broken, std::string(*separator), start};
    }
    std::string word = is_redirection ? "" : take_word();
    const bool is_descriptor = !word.empty() && std::ranges::all_of(word, is_digit) &&
                               at_ < text_.size() && (text_[at_] == '<' || text_[at_] == '>');
    if (is_redirection || is_descriptor) take_redirection();
    if (is_broken_) return {Kind::broken, "", start};
    if (!is_redirection && !is_descriptor) return {Kind::word, std::move(word), start};
  }
}

} // namespace imagewright::finalize::boot_loaders
