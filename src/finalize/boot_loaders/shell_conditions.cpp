// SPDX-License-Identifier: MIT
#include <imagewright/fs/file_type.hpp>

#include "shell_file.hpp"

namespace imagewright::finalize::boot_loaders {

bool ShellFile::is_of_image(const std::string& path) {
  constexpr std::array<std::string_view, 5> k_others{"/proc/", "/sys/", "/dev/", "/run/", "/tmp/"};
  return path.starts_with('/') && std::ranges::none_of(k_others, [&](std::string_view other) {
           return (path + "/").starts_with(other);
         });
}

Success ShellFile::test_file(char question, const std::string& word) const {
  constexpr std::string_view k_of_every_file = "efrs";
  const Open* loop = loop_over_files(word);
  if (loop != nullptr)
    return k_of_every_file.find(question) != std::string_view::npos ? Success(true) : Success();
  const auto path = one_word(word);
  if (!path || !is_of_image(*path)) return {};
  const auto status = settings_.files_.find_target_status(*path);
  switch (question) {
  case 'e':
  case 'r':
    return status.has_value();
  case 'f':
    return status && status->type == fs::FileType::regular;
  case 'd':
    return status && status->type == fs::FileType::directory;
  default:
    return {};
  }
}

Success ShellFile::test(const std::string& name, Words words) const {
  if (name == "[" && (words.empty() || words.back() != "]")) return {};
  if (name == "[") words.pop_back();
  const auto first =
      std::ranges::find_if(words, [](const std::string& word) { return word != "!"; });
  const bool is_negated = (first - words.begin()) % 2 != 0;
  const Success success = simple_test(Words(first, words.end()));
  return success ? Success(*success != is_negated) : success;
}

Success ShellFile::simple_test(const Words& words) const {
  if (words.size() == 2 && words[0].size() == 2 && words[0].front() == '-') {
    if (words[0] != "-n" && words[0] != "-z") return test_file(words[0][1], words[1]);
    const auto text = one_word(words[1]);
    return text ? Success(text->empty() == (words[0] == "-z")) : Success();
  }
  if (words.size() != 3) return {};
  const auto left = one_word(words[0]);
  const auto right = one_word(words[2]);
  if (!left || !right) return {};
  if (words[1] == "=" || words[1] == "==") return *left == *right;
  if (words[1] == "!=") return *left != *right;
  return {};
}

std::optional<std::string> ShellFile::one_word(const std::string& word) const {
  auto text = settings_.expanded(word);
  const bool is_quoted = word.size() > 1 && word.front() == word.back() &&
                         (word.front() == '"' || word.front() == '\'');
  const bool is_split =
      text && (text->empty() || text->find_first_of(" \t\n*?[~") != std::string::npos);
  if (is_split && !is_quoted) return std::nullopt;
  return text;
}

} // namespace imagewright::finalize::boot_loaders
