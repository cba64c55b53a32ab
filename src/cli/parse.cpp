// SPDX-License-Identifier: MIT
#include "parse.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>

#include "usage_mistake.hpp"

namespace imagewright::cli {

namespace {

/// An argument of the table and its counterpart in the parser.
struct Bound {
  const Argument* argument = nullptr;
  CLI::Option* option = nullptr;
};

[[noreturn]] void refuse_value(const Argument& argument, const std::string& word,
                               const std::string& hint) {
  throw base::Error(base::FailureKind::input, "cli.usage",
                    fmt::format("{} is no value of {}", base::quoted(word), argument.name()), hint);
}

std::string chosen(const Argument& argument, const std::string& word) {
  if (argument.choices.empty()) return word;
  for (const auto& [other, choice] : argument.aliases) {
    if (word == other) return choice;
  }
  if (std::ranges::find(argument.choices, word) != argument.choices.end()) return word;
  const std::string near = base::did_you_mean(word, argument.choices);
  const std::string all = "it takes " + base::join(argument.choices, ", ");
  refuse_value(argument, word, near.empty() ? all : near + " " + all);
}

std::int64_t number_from(const Argument& argument, const std::string& word) {
  std::int64_t number = 0;
  const char* end = word.data() + word.size();
  const auto result = std::from_chars(word.data(), end, number);
  const auto [lowest, highest] = argument.range.value_or(std::pair{INT64_MIN, INT64_MAX});
  if (word.empty() || result.ec != std::errc() || result.ptr != end || number < lowest ||
      number > highest) {
    refuse_value(argument, word, fmt::format("it takes a number from {} to {}", lowest, highest));
  }
  return number;
}

/// Puts the words of one argument where they belong.
struct Store {
  const Argument& argument;
  const std::vector<std::string>& words;

  void operator()(bool* flag) const { *flag = true; }
  void operator()(std::string* text) const {
    if (!words.empty()) *text = chosen(argument, words.back());
  }
  void operator()(std::vector<std::string>* list) const {
    list->clear();
    for (const std::string& word : words)
      list->push_back(chosen(argument, word));
  }
  void operator()(unsigned* number) const {
    if (!words.empty()) *number = static_cast<unsigned>(number_from(argument, words.back()));
  }
  void operator()(std::int64_t* number) const {
    if (!words.empty()) *number = number_from(argument, words.back());
  }
};

Bound bind(CLI::App& parser, const Argument& argument) {
  const std::string names =
      argument.is_positional() ? argument.value : base::join(argument.names, ",");
  if (argument.is_flag()) return {&argument, parser.add_flag(names)};
  CLI::Option* option = parser.add_option(names);
  option->type_size(1);
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  if (argument.takes_many) {
    option->expected(0, 100000);
  } else if (argument.has_optional_value) {
    option->expected(0, 1);
  } else if (argument.is_positional() && argument.is_repeatable()) {
    option->expected(1, 100000);
    option->allow_extra_args();
  } else {
    option->expected(1);
    option->allow_extra_args(false);
  }
  if (argument.is_required) option->required();
  return {&argument, option};
}

/// What a script makes of a variable that is not set, which must not mean that nothing was given.
void refuse_empty_paths(const Argument& argument, const std::vector<std::string>& words) {
  const bool is_path = argument.completes == Completes::files ||
                       argument.completes == Completes::directories ||
                       argument.completes == Completes::releases;
  if (!is_path || std::ranges::find(words, std::string()) == words.end()) return;
  throw base::Error(base::FailureKind::input, "cli.missing-input",
                    fmt::format("the path for {} is empty", argument.name()),
                    argument.is_required
                        ? "give the file itself"
                        : fmt::format("give it, or leave {} out", argument.name()));
}

void store(const Bound& bound) {
  const Argument& argument = *bound.argument;
  if (bound.option->count() == 0) return;
  if (argument.is_given != nullptr) *argument.is_given = true;
  // An empty text stands for a value that was left out.
  std::vector<std::string> words = bound.option->results();
  if (argument.takes_many || argument.has_optional_value)
    std::erase_if(words, [](const std::string& word) { return word.empty() || word == "{}"; });
  refuse_empty_paths(argument, words);
  const bool is_single = !argument.is_flag() && !argument.is_repeatable();
  if (is_single && words.size() > 1) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      fmt::format("{} was given {} times", argument.name(), words.size()),
                      "give it once");
  }
  std::visit(Store{argument, words}, argument.target);
}

/// The library's parser, made from the table.
class Parser {
public:
  explicit Parser(const CommandTable& table) : table_(table) {
    application_.set_help_flag("-h,--help");
    application_.set_version_flag("-V,--version", "");
    application_.fallthrough();
    // A second command's name is a word of the first: `help build`.
    application_.require_subcommand(0, 1);
    for (const Argument& argument : table.globals)
      globals_.push_back(bind(application_, argument));
    for (const Command& command : table.commands)
      add(application_, command);
  }

  ParsedLine parse(const std::vector<std::string>& words) {
    ParsedLine line;
    try {
      // The library takes arguments from the back.
      application_.parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::CallForHelp&) {
      line.wish = Wish::help;
    } catch (const CLI::CallForVersion&) {
      line.wish = Wish::version;
    } catch (const CLI::ParseError& error) {
      throw_usage_mistake(table_, words, error.what());
    }
    find_command(line);
    if (line.wish == Wish::command) finish(line, words);
    return line;
  }

private:
  void add(CLI::App& parent, const Command& command) {
    CLI::App* parser = parent.add_subcommand(command.name);
    parser->fallthrough();
    parsers_[&command] = parser;
    for (const Argument& argument : command.arguments)
      arguments_[&command].push_back(bind(*parser, argument));
    for (const Command& nested : command.nested)
      add(*parser, nested);
  }

  void find_command(ParsedLine& line) const {
    for (const Command& command : table_.commands) {
      if (!parsers_.at(&command)->parsed()) continue;
      line.command = &command;
      for (const Command& nested : command.nested) {
        if (parsers_.at(&nested)->parsed()) line.nested = &nested;
      }
    }
  }

  void finish(const ParsedLine& line, const std::vector<std::string>& words) {
    const bool lacks_nested =
        line.command != nullptr && !line.command->nested.empty() && line.nested == nullptr;
    if (line.command == nullptr || lacks_nested) throw_usage_mistake(table_, words, "");
    require_values(table_, words);
    std::vector<Bound> all = globals_;
    for (const Command* command : {line.command, line.nested}) {
      if (command == nullptr || !arguments_.contains(command)) continue;
      const auto& more = arguments_.at(command);
      all.insert(all.end(), more.begin(), more.end());
    }
    for (const Bound& bound : all)
      require_alone(bound, all);
    for (const Bound& bound : all)
      store(bound);
  }

  static void require_alone(const Bound& bound, const std::vector<Bound>& all) {
    if (bound.option->count() == 0 || bound.argument->excludes.empty()) return;
    for (const Bound& other : all) {
      if (other.argument->name() != bound.argument->excludes || other.option->count() == 0)
        continue;
      throw base::Error(base::FailureKind::input, "cli.usage",
                        fmt::format("{} and {} exclude each other", bound.argument->name(),
                                    other.argument->name()),
                        "give one of them");
    }
  }

  const CommandTable& table_;
  CLI::App application_;
  std::vector<Bound> globals_;
  std::map<const Command*, CLI::App*> parsers_;
  std::map<const Command*, std::vector<Bound>> arguments_;
};

} // namespace

ParsedLine parse_line(const CommandTable& table, const std::vector<std::string>& words) {
  return Parser(table).parse(words);
}

} // namespace imagewright::cli
