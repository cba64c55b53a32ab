// SPDX-License-Identifier: MIT
#include "grub_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "grub_text.hpp"

namespace imagewright::finalize::boot_loaders {

namespace {

constexpr std::string_view k_directory = "/etc/default/grub.d";
/// In the order in which the menu has them.
constexpr std::array<std::string_view, 2> k_variables{"GRUB_CMDLINE_LINUX",
                                                      "GRUB_CMDLINE_LINUX_DEFAULT"};

/// In the place of "\$" and "\`" while a shell's own are looked for; no file of text has them.
const std::string k_dollar = "\x01";
const std::string k_backtick = "\x02";

[[noreturn]] void refuse(const std::string& path, std::string_view line) {
  throw base::Error(base::FailureKind::build, "finalize.grub-setting",
                    fmt::format("{} sets kernel arguments in a way that is not understood: {}",
                                base::quoted(path), base::quoted(line)),
                    "the first boot would not have what later ones have: add the arguments to "
                    "os.kernelCommandLine.extraCommandLine, and leave the package or the file out");
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

bool starts_with_word(std::string_view line, std::string_view word) {
  return line.starts_with(word) &&
         (line.size() == word.size() || line[word.size()] == ' ' || line[word.size()] == ';');
}

/// How a line changes the depth of conditions and loops; those that end on it do not.
int depth_change(std::string_view line) {
  using Pair = std::pair<std::string_view, std::string_view>;
  constexpr std::array<Pair, 5> k_blocks{Pair{"if", "fi"}, Pair{"for", "done"},
                                         Pair{"while", "done"}, Pair{"until", "done"},
                                         Pair{"case", "esac"}};
  for (const auto& [begin, end] : k_blocks) {
    if (starts_with_word(line, begin)) return line.ends_with(end) ? 0 : 1;
  }
  const bool ends = std::ranges::any_of(
      k_blocks, [&](const Pair& block) { return starts_with_word(line, block.second); });
  return ends ? -1 : 0;
}

/// What a shell knows when it has read the settings.
class Reader {
public:
  explicit Reader(const fs::RootDir& files) : files_(files) {}

  void read(const std::string& path) {
    int depth = 0;
    for (const std::string& line : base::split(files_.read(path), '\n')) {
      const std::string_view trimmed = base::trimmed(line);
      if (trimmed.starts_with('#')) continue;
      depth += depth_change(trimmed);
      if (path == k_grub_settings &&
          trimmed.find(std::string(k_directory) + "/") != std::string::npos)
        read_directory();
      evaluate(path, trimmed, depth > 0);
    }
  }

  const std::string& value(std::string_view name) { return values_[std::string(name)]; }

  std::vector<std::string> arguments() {
    std::vector<std::string> words;
    for (const std::string_view variable : k_variables) {
      for (std::string& word : kernel_words_of_grub(value(variable)))
        words.push_back(std::move(word));
    }
    return words;
  }

  void read_directory() {
    if (!files_.exists(k_directory)) return;
    std::vector<std::string> names = files_.list(k_directory);
    std::ranges::sort(names);
    for (const std::string& name : names) {
      if (name.ends_with(".cfg")) read(std::string(k_directory) + "/" + name);
    }
  }

private:
  /// "NAME=VALUE" or "NAME+=VALUE"; the value may hold what is known.
  void evaluate(const std::string& path, std::string_view line, bool is_conditional) {
    const bool is_about_it = line.find(k_variables.front()) != std::string_view::npos;
    std::string_view rest = line;
    if (rest.starts_with("export ")) rest = base::trimmed(rest.substr(7));
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) {
      if (is_about_it) refuse(path, line);
      return;
    }
    const bool appends = equals > 0 && rest[equals - 1] == '+';
    const std::string name(rest.substr(0, equals - (appends ? 1 : 0)));
    const bool is_variable =
        std::ranges::find(k_variables, std::string_view(name)) != k_variables.end();
    if (is_about_it && !is_variable) refuse(path, line);
    // What a backslash hides from the shell is meant for GRUB.
    std::string assignment = "X" + std::string(rest.substr(equals));
    replace_all(assignment, "\\$", k_dollar);
    replace_all(assignment, "\\`", k_backtick);
    auto value = base::find_value(assignment, "X");
    const bool is_plain = value && !is_conditional && value->find('`') == std::string::npos &&
                          value->find("$(") == std::string::npos && !line.ends_with('\\') &&
                          !model::has_open_quote(line);
    if (!is_plain) {
      if (is_variable) refuse(path, line);
      return;
    }
    // A longer name first, since another one may be its beginning.
    for (auto known = values_.rbegin(); known != values_.rend(); ++known) {
      replace_all(*value, "${" + known->first + "}", known->second);
      replace_all(*value, "$" + known->first, known->second);
    }
    replace_all(*value, k_dollar, "$");
    replace_all(*value, k_backtick, "`");
    std::string& place = values_[name];
    place = appends ? place + *value : *value;
  }

  const fs::RootDir& files_;
  std::map<std::string, std::string> values_{{std::string(k_variables[0]), ""},
                                             {std::string(k_variables[1]), ""}};
};

std::optional<int> number_of(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < -1) return std::nullopt;
  return value;
}

} // namespace

std::optional<GrubSettings> read_grub_settings(const fs::RootDir& files) {
  if (!files.exists(k_grub_settings)) return std::nullopt;
  Reader reader(files);
  reader.read(std::string(k_grub_settings));
  GrubSettings settings;
  settings.arguments = reader.arguments();
  settings.timeout_seconds = number_of(reader.value("GRUB_TIMEOUT"));
  return settings;
}

std::vector<std::string> arguments_for_grub_alone(const fs::RootDir& files) {
  Reader reader(files);
  try {
    reader.read_directory();
  } catch (const base::Error&) {
    // Nobody will read it.
    return {};
  }
  return reader.arguments();
}

} // namespace imagewright::finalize::boot_loaders
