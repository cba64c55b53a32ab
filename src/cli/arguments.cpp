// SPDX-License-Identifier: MIT
#include "arguments.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace imagewright::cli {

namespace {

struct DefaultText {
  std::string operator()(const bool* /*flag*/) const { return {}; }
  std::string operator()(const std::string* text) const { return *text; }
  std::string operator()(const std::vector<std::string>* /*list*/) const { return {}; }
  std::string operator()(const unsigned* number) const {
    return *number == 0 ? std::string() : std::to_string(*number);
  }
  std::string operator()(const std::int64_t* number) const {
    return *number <= 0 ? std::string() : std::to_string(*number);
  }
};

void note_defaults(std::vector<Argument>& arguments) {
  for (Argument& argument : arguments)
    argument.default_text = std::visit(DefaultText{}, argument.target);
}

void note_defaults(Command& command) {
  note_defaults(command.arguments);
  for (Command& nested : command.nested)
    note_defaults(nested);
}

} // namespace

const Command* CommandTable::find(const std::string& name) const {
  const auto found =
      std::ranges::find_if(commands, [&](const Command& each) { return each.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

std::vector<std::string> CommandTable::command_names() const {
  std::vector<std::string> names;
  for (const Command& command : commands)
    names.push_back(command.name);
  return names;
}

void note_defaults(CommandTable& table) {
  note_defaults(table.globals);
  for (Command& command : table.commands)
    note_defaults(command);
}

const std::vector<BuiltInOption>& built_in_options() {
  static const std::vector<BuiltInOption> k_options{
      {{"-h", "--help"}, "Print this help and exit"},
      {{"-V", "--version"}, "Print the version and exit"}};
  return k_options;
}

} // namespace imagewright::cli
