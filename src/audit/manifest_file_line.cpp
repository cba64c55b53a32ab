// SPDX-License-Identifier: MIT
#include <vector>

#include <imagewright/audit/manifest_file_line.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::audit {

namespace {

/// Words between single blanks; a text in double quotes is one word.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words(1);
  bool is_quoted = false;
  for (std::size_t index = 0; index < line.size(); ++index) {
    const char c = line[index];
    if (c == '"') is_quoted = !is_quoted;
    if (c == ' ' && !is_quoted) {
      words.emplace_back();
      continue;
    }
    words.back() += c;
    if (c == '\\' && is_quoted && index + 1 < line.size()) words.back() += line[++index];
  }
  return words;
}

void add_attribute(const std::string& word, Aspects& aspects) {
  const std::size_t equals = word.find('=');
  std::string name = word.substr(0, equals);
  if (name == "security.selinux") name = "label";
  if (name == "security.capability") name = "capabilities";
  aspects[name] = equals == std::string::npos ? "" : word.substr(equals + 1);
}

} // namespace

Aspects parse_file_line(const std::string& line) {
  const std::vector<std::string> words = words_of(line);
  if (words.size() < 3) return {{"description", line}};
  Aspects aspects{{"type", words[0]}, {"mode", words[1]}, {"owner", words[2]}};
  std::size_t next = 3;
  if (words[0] == "file" && words.size() >= 5) {
    aspects["content"] = words[3] + " bytes " + words[4];
    next = 5;
  } else if (words[0] == "link" && words.size() >= 4) {
    aspects["target"] = words[3];
    next = 4;
  } else if ((words[0] == "char" || words[0] == "block") && words.size() >= 4) {
    aspects["device"] = words[3];
    next = 4;
  }
  for (; next < words.size(); ++next)
    add_attribute(words[next], aspects);
  return aspects;
}

} // namespace imagewright::audit
