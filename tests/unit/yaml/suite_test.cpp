// SPDX-License-Identifier: MIT
// The public test suite of YAML (yaml-test-suite), read from a checkout of it that the environment
// variable IMAGEWRIGHT_YAML_TEST_SUITE names; hidden without it:
//
//     IMAGEWRIGHT_YAML_TEST_SUITE=... unit_yaml "[yaml-test-suite]"
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright_test/golden.hpp>
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/yaml/parse.hpp>

using namespace imagewright;
using yaml::Node;
using yaml::NodeKind;

namespace {

struct Case {
  std::string name;
  std::string text;
  std::string events; ///< what the suite expects, one event a line
  bool is_wrong = false;
};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// The suite writes characters that are not seen as others.
std::string unescaped(std::string text) {
  replace_all(text, "␣", " ");
  while (text.find("—»") != std::string::npos)
    replace_all(text, "—»", "»");
  replace_all(text, "»", "\t");
  replace_all(text, "⇔", "\xEF\xBB\xBF");
  replace_all(text, "↵", "");
  replace_all(text, "←", "\r");
  if (const std::size_t end = text.find("∎"); end != std::string::npos) text.resize(end);
  return text;
}

std::vector<Case> cases_of(const std::filesystem::path& file) {
  const yaml::Document document =
      yaml::parse(imagewright_test::read_text(file), file.filename().string());
  INFO(file);
  REQUIRE(document.root);
  std::vector<Case> cases;
  std::map<std::string, std::string> values;
  for (const Node& item : document.root->items) {
    values.erase("fail");
    // A case keeps what the one before it says and it does not.
    for (const yaml::Entry& entry : item.entries)
      values[entry.key] = entry.value.text;
    if (values.contains("skip")) continue;
    std::string name = file.stem().string();
    if (document.root->items.size() > 1) name += fmt::format("-{:02}", cases.size());
    cases.push_back({.name = name,
                     .text = unescaped(values["yaml"]),
                     .events = unescaped(values["tree"]),
                     .is_wrong = values.contains("fail")});
  }
  return cases;
}

std::string shown(std::string_view text) {
  std::string result;
  for (const char each : text) {
    switch (each) {
    case '\\':
      result += "\\\\";
      break;
    case '\n':
      result += "\\n";
      break;
    case '\t':
      result += "\\t";
      break;
    case '\r':
      result += "\\r";
      break;
    case '\b':
      result += "\\b";
      break;
    default:
      result += each;
    }
  }
  return result;
}

/// A tree as one text: lists in brackets, mappings in braces, texts behind a "=", nulls as "~".
std::string text_of(const Node& node) {
  std::string text;
  switch (node.kind) {
  case NodeKind::null:
    return "~";
  case NodeKind::scalar:
    return "=" + shown(node.text);
  case NodeKind::sequence:
    for (const Node& item : node.items)
      text += text_of(item) + ",";
    return "[" + text + "]";
  case NodeKind::mapping:
    for (const yaml::Entry& entry : node.entries)
      text += "=" + shown(entry.key) + ":" + text_of(entry.value) + ",";
    return "{" + text + "}";
  }
  return text;
}

/// The same of the events that the suite expects, with aliases replaced.
class ExpectedTree {
public:
  explicit ExpectedTree(const std::string& events) {
    for (const std::string& line : base::split(events, '\n')) {
      const std::size_t start = line.find_first_not_of(' ');
      if (start != std::string::npos) lines_.push_back(line.substr(start));
    }
  }

  /// Nothing when there is no one document, or a collection is a key.
  std::optional<std::string> text() {
    const auto documents = std::ranges::count_if(
        lines_, [](const std::string& line) { return line.starts_with("+DOC"); });
    if (documents != 1) return std::nullopt;
    while (next_ < lines_.size() && !lines_[next_].starts_with("+DOC"))
      ++next_;
    ++next_;
    std::string tree = value();
    return has_collection_as_key_ ? std::nullopt : std::optional(tree);
  }

private:
  std::string value() {
    REQUIRE(next_ < lines_.size());
    std::string line = lines_[next_++];
    const std::string event = line.substr(0, 4);
    line.erase(0, std::min<std::size_t>(5, line.size()));
    if (event == "=ALI") return anchors_[line.substr(1)];
    for (const std::string_view style : {"{}", "[]"}) {
      if (line.starts_with(style)) line.erase(0, std::min<std::size_t>(3, line.size()));
    }
    std::string anchor;
    if (line.starts_with('&')) {
      anchor = line.substr(1, line.find(' ') - 1);
      line.erase(0, std::min(line.find(' '), line.size() - 1) + 1);
    }
    std::string tree = event == "+SEQ" ? list() : event == "+MAP" ? mapping() : scalar(line);
    if (!anchor.empty()) anchors_[anchor] = tree;
    return tree;
  }

  static std::string scalar(std::string line) {
    if (line.starts_with("<tag:yaml.org,2002:null>")) return "~";
    const bool has_tag = line.starts_with('<');
    if (has_tag) line.erase(0, line.find('>') + 2);
    const std::string text = line.substr(1);
    const bool is_word_for_null =
        text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
    return line[0] == ':' && !has_tag && is_word_for_null ? "~" : "=" + text;
  }

  std::string list() {
    std::string text;
    while (!lines_.at(next_).starts_with("-SEQ"))
      text += value() + ",";
    ++next_;
    return "[" + text + "]";
  }

  std::string mapping() {
    std::string text;
    while (!lines_.at(next_).starts_with("-MAP")) {
      const std::string key = value();
      has_collection_as_key_ |= !key.starts_with('=') && key != "~";
      text += (key == "~" ? "=null" : key) + ":" + value() + ",";
    }
    ++next_;
    return "{" + text + "}";
  }

  std::vector<std::string> lines_;
  std::size_t next_ = 0;
  std::map<std::string, std::string> anchors_;
  bool has_collection_as_key_ = false;
};

/// One line about a case: what comes out, in the words of the record.
std::string outcome(const Case& each) {
  const yaml::Document document = yaml::parse(each.text, "case.yaml");
  const auto& items = document.diagnostics.items();
  if (!items.empty()) {
    CHECK(items.front().code.starts_with("yaml."));
    return fmt::format("{}: {}: {}", each.is_wrong ? "refused" : "refused although valid",
                       items.front().code, items.front().message);
  }
  if (each.is_wrong) return "taken although wrong";
  const auto expected = ExpectedTree(each.events).text();
  if (!expected) return "taken, and no tree to compare";
  const std::string found = text_of(*document.root);
  return found == *expected ? "read" : fmt::format("another tree: {} not {}", found, *expected);
}

} // namespace

TEST_CASE("the public test suite of YAML is read, or refused for a reason that is on record",
          "[.][yaml-test-suite]") {
  const char* checkout = std::getenv("IMAGEWRIGHT_YAML_TEST_SUITE");
  REQUIRE(checkout != nullptr);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(checkout) + "/src")) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::map<std::string, int> figures;
  std::string record;
  for (const std::filesystem::path& file : files) {
    for (const Case& each : cases_of(file)) {
      const std::string found = outcome(each);
      ++figures[found.substr(0, found.find(':'))];
      record += fmt::format("{}: {}\n", each.name, found);
    }
  }
  std::string sums;
  for (const auto& [kind, count] : figures)
    sums += fmt::format("# {}: {}\n", kind, count);
  imagewright_test::check_golden(
      imagewright_test::source_directory() / "tests/golden/yaml-test-suite.txt", sums + record);
}
