// SPDX-License-Identifier: MIT
#include "usage_mistake.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::cli {

namespace {

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw base::Error(base::FailureKind::input, "cli.usage", std::move(message), std::move(hint));
}

/// Reads a line as the parser does, as far as it means something.
class Walk {
public:
  explicit Walk(const CommandTable& table) : table_(table) {}

  void go(const std::vector<std::string>& words) {
    for (std::size_t index = 0; index < words.size(); ++index) {
      const std::string& word = words[index];
      if (word == "--") return;
      if (word.size() > 1 && word.front() == '-') {
        const Argument* option = find_option(word);
        if (option == nullptr || !takes_next(*option, word)) continue;
        if (index + 1 == words.size()) refuse_without_value(*option, "");
        if (is_option(words[index + 1])) refuse_without_value(*option, words[index + 1]);
        ++index;
      } else if (command_ == nullptr) {
        command_ = table_.find(word);
        if (command_ == nullptr) refuse_command(word);
      } else if (!command_->nested.empty() && nested_ == nullptr) {
        nested_ = find_nested(word);
        if (nested_ == nullptr) refuse_nested(word);
      } else {
        positionals_.push_back(word);
      }
    }
  }

  const Command* command() const { return command_; }
  const Command* nested() const { return nested_; }
  const std::vector<std::string>& positionals() const { return positionals_; }

  std::string where() const {
    std::string name = "imagewright";
    if (command_ != nullptr) name += " " + command_->name;
    if (nested_ != nullptr) name += " " + nested_->name;
    return name;
  }

private:
  std::vector<const Argument*> options() const {
    std::vector<const Argument*> found;
    const auto add = [&](const std::vector<Argument>& arguments) {
      for (const Argument& argument : arguments) {
        if (!argument.is_positional()) found.push_back(&argument);
      }
    };
    add(table_.globals);
    if (command_ != nullptr) add(command_->arguments);
    if (nested_ != nullptr) add(nested_->arguments);
    return found;
  }

  static std::string name_in(const std::string& word) {
    return word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
  }

  static bool takes_next(const Argument& option, const std::string& word) {
    const bool has_value = word.size() > name_in(word).size();
    return !option.is_flag() && !has_value && !option.has_optional_value && !option.takes_many;
  }

  /// The option that a word begins with; null for one that every command has.
  const Argument* find_option(const std::string& word) const {
    const std::string name = name_in(word);
    std::vector<std::string> known;
    for (const BuiltInOption& option : built_in_options())
      known.insert(known.end(), option.names.begin(), option.names.end());
    if (std::ranges::find(known, name) != known.end()) return nullptr;
    for (const Argument* option : options()) {
      if (std::ranges::find(option->names, name) != option->names.end()) return option;
      known.insert(known.end(), option->names.begin(), option->names.end());
    }
    const std::string near = base::did_you_mean(name, known);
    refuse(fmt::format("{} has no option {}", where(), base::quoted(name)),
           near.empty() ? fmt::format("{} --help lists its options", where()) : near);
  }

  /// Whether a word in the place of a value is an option, or a slip in one: no value has to begin
  /// with two hyphens, and one with a single hyphen is a value unless it is known.
  bool is_option(const std::string& word) const {
    if (word.starts_with("--")) return true;
    if (word.size() != 2 || word.front() != '-') return false;
    const auto has = [&](const auto& names) {
      return std::ranges::find(names, word) != names.end();
    };
    return std::ranges::any_of(built_in_options(),
                               [&](const BuiltInOption& option) { return has(option.names); }) ||
           std::ranges::any_of(options(),
                               [&](const Argument* option) { return has(option->names); });
  }

  /// `next` is empty where the line ends.
  [[noreturn]] static void refuse_without_value(const Argument& option, const std::string& next) {
    refuse(
        next.empty() ? fmt::format("{} needs {}, and nothing follows", option.name(), option.value)
                     : fmt::format("{} needs {}, and {} follows, an option", option.name(),
                                   option.value, base::quoted(next)),
        next.empty() ? fmt::format("write {} {}", option.name(), option.value)
                     : fmt::format("write {0} {1}; for a value that is really called so, {0}={2}",
                                   option.name(), option.value, next));
  }

  [[noreturn]] void refuse_command(const std::string& word) const {
    const std::string near = base::did_you_mean(word, table_.command_names());
    refuse(fmt::format("there is no command {}", base::quoted(word)),
           near.empty() ? "imagewright --help lists all commands" : near);
  }

  const Command* find_nested(const std::string& word) const {
    for (const Command& nested : command_->nested) {
      if (nested.name == word) return &nested;
    }
    return nullptr;
  }

  [[noreturn]] void refuse_nested(const std::string& word) const {
    std::vector<std::string> names;
    for (const Command& nested : command_->nested)
      names.push_back(nested.name);
    const std::string near = base::did_you_mean(word, names);
    refuse(fmt::format("there is no command {} of {}", base::quoted(word), where()),
           near.empty() ? fmt::format("it has {}", base::join(names, ", ")) : near);
  }

  const CommandTable& table_;
  const Command* command_ = nullptr;
  const Command* nested_ = nullptr;
  std::vector<std::string> positionals_;
};

void refuse_missing(const Walk& walk) {
  const Command& command = walk.nested() != nullptr ? *walk.nested() : *walk.command();
  std::size_t taken = 0;
  bool takes_any_number = false;
  for (const Argument& argument : command.arguments) {
    if (!argument.is_positional()) continue;
    takes_any_number = takes_any_number || argument.is_repeatable();
    if (argument.is_required && taken == walk.positionals().size()) {
      refuse(fmt::format("{} needs {}: {}", walk.where(), argument.value, argument.description),
             fmt::format("{} --help shows how it is used", walk.where()));
    }
    taken = std::min(taken + 1, walk.positionals().size());
  }
  if (!takes_any_number && taken < walk.positionals().size()) {
    refuse(
        fmt::format("{} has no use for {}", walk.where(), base::quoted(walk.positionals()[taken])),
        fmt::format("{} --help shows how it is used", walk.where()));
  }
}

} // namespace

void require_values(const CommandTable& table, const std::vector<std::string>& words) {
  Walk(table).go(words);
}

void throw_usage_mistake(const CommandTable& table, const std::vector<std::string>& words,
                         const std::string& otherwise) {
  Walk walk(table);
  walk.go(words);
  if (walk.command() == nullptr)
    refuse("no command was given", "imagewright --help lists all commands");
  if (!walk.command()->nested.empty() && walk.nested() == nullptr) {
    std::vector<std::string> names;
    for (const Command& nested : walk.command()->nested)
      names.push_back(nested.name);
    refuse(fmt::format("{} needs a command of its own", walk.where()),
           fmt::format("it has {}", base::join(names, ", ")));
  }
  refuse_missing(walk);
  refuse(otherwise, fmt::format("{} --help shows how it is used", walk.where()));
}

void throw_usage(const std::string& message, const std::string& hint) {
  throw base::Error(base::FailureKind::input, "cli.usage", message, hint);
}

} // namespace imagewright::cli
