// SPDX-License-Identifier: MIT
#include "scriptlet_leftovers.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include <unistd.h>

#include <rpm/rpmmacro.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::install {

namespace {

/// A macro of the table: "-15: name(options)\tbody".
struct Macro {
  int level = 0;
  std::string name;
  std::string options;
  std::string body;
};

std::string table_of_macros() {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* stream = ::open_memstream(&text, &size);
  if (stream == nullptr) throw base::BugError("no memory for the table of macros");
  rpmDumpMacroTable(nullptr, stream);
  std::fclose(stream);
  const std::unique_ptr<char, void (*)(void*)> owner(text, &std::free);
  std::string table(text, size);
  // "=" stands behind the level of those that were used since, ":" behind that of others.
  constexpr std::size_t k_level_width = 3;
  for (std::size_t line = 0; line < table.size();) {
    const std::size_t mark = line + k_level_width;
    if (mark < table.size() && table[mark] == '=') table[mark] = ':';
    const std::size_t end = table.find('\n', line);
    line = end == std::string::npos ? table.size() : end + 1;
  }
  return table;
}

/// What is no macro in a table, librpm's headings, gives nothing.
std::optional<Macro> parse_macro(std::string_view line) {
  const std::size_t mark = line.find(": ");
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view digits = base::trimmed(line.substr(0, mark));
  Macro macro;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), macro.level);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  line.remove_prefix(mark + 2);
  const std::size_t tab = std::min(line.find('\t'), line.size());
  const std::string_view head = line.substr(0, tab);
  const std::size_t open = std::min(head.find('('), head.size());
  macro.name = head.substr(0, open);
  if (open < head.size()) macro.options = head.substr(open + 1, head.size() - open - 2);
  if (tab < line.size()) macro.body = line.substr(tab + 1);
  return macro;
}

std::vector<std::string> environment_now() {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    variables.emplace_back(*entry);
  return variables;
}

} // namespace

ScriptletLeftovers::ScriptletLeftovers()
    : macros_(table_of_macros()), environment_(environment_now()) {}

void ScriptletLeftovers::undo() const {
  undo_environment();
  undo_macros();
}

void ScriptletLeftovers::undo_environment() const {
  if (environment_now() == environment_) return;
  ::clearenv();
  for (const std::string& variable : environment_) {
    const std::size_t equals = std::min(variable.find('='), variable.size());
    if (equals == variable.size()) continue;
    ::setenv(variable.substr(0, equals).c_str(), variable.substr(equals + 1).c_str(), 1);
  }
}

/// Definitions hide each other in stacks that nobody can look into: what librpm brings along is
/// made anew, and the others are put upon it.
void ScriptletLeftovers::undo_macros() const {
  if (table_of_macros() == macros_) return;
  rpmFreeMacros(nullptr);
  rpmInitMacros(nullptr, "");
  const std::vector<std::string> present = base::split(table_of_macros(), '\n');
  const std::set<std::string_view> brought(present.begin(), present.end());
  for (const std::string& line : base::split(macros_, '\n')) {
    const auto macro = brought.contains(line) ? std::nullopt : parse_macro(line);
    if (!macro) continue;
    rpmPushMacro(nullptr, macro->name.c_str(),
                 macro->options.empty() ? nullptr : macro->options.c_str(), macro->body.c_str(),
                 macro->level);
  }
  if (table_of_macros() == macros_) return;
  throw base::Error(base::FailureKind::build, "install.scriptlet-leftovers",
                    "what a scriptlet defined for librpm cannot be undone",
                    "report it to whoever builds the packages");
}

} // namespace imagewright::install
