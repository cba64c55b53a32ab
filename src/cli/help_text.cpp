// SPDX-License-Identifier: MIT
#include "help_text.hpp"

#include <algorithm>
#include <charconv>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

namespace imagewright::cli {

namespace {

constexpr std::size_t k_default_width = 80;
constexpr std::size_t k_narrowest = 40;
constexpr std::size_t k_widest = 110;
/// Headings that are longer than this have their text on the next line.
constexpr std::size_t k_heading_room = 26;

/// One row of a list: a heading, and a text beside or below it.
std::string row(const std::string& heading, const std::string& text, std::size_t width) {
  constexpr std::size_t k_margin = 2;
  const std::size_t indent = k_margin + k_heading_room + 2;
  std::string line = std::string(k_margin, ' ') + heading;
  if (text.empty()) return line + "\n";
  if (heading.size() > k_heading_room) {
    line += "\n" + std::string(indent, ' ');
  } else {
    line += std::string(indent - line.size(), ' ');
  }
  return line + wrapped(text, indent, width) + "\n";
}

std::string option_rows(const std::vector<Argument>& arguments, std::size_t width) {
  std::string text;
  for (const Argument& argument : arguments) {
    if (!argument.is_positional())
      text += row(argument_heading(argument), argument_text(argument), width);
  }
  return text;
}

std::string built_in_row(const BuiltInOption& option, std::size_t width) {
  return row(base::join(option.names, ", "), option.description, width);
}

std::string paragraphs(const std::string& notes, std::size_t width) {
  std::string text;
  for (const std::string& line : base::split(notes, '\n'))
    text += "\n" + wrapped(line, 0, width) + "\n";
  return text;
}

std::string examples_text(const std::vector<Example>& examples, std::size_t width) {
  if (examples.empty()) return {};
  std::string text = "\nExamples:\n";
  for (const Example& example : examples) {
    text += "  " + example.command + "\n";
    text += "      " + wrapped(example.meaning, 6, width) + "\n";
  }
  return text;
}

} // namespace

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  const std::string margin = "\n" + std::string(indent, ' ');
  const std::size_t room = std::max(width, indent + 20) - indent;
  std::string result;
  bool is_first_line = true;
  for (const std::string& line : base::split(text, '\n')) {
    if (!is_first_line) result += margin;
    is_first_line = false;
    std::size_t column = 0;
    for (const std::string& word : base::split_whitespace(line)) {
      if (column > 0 && column + 1 + word.size() > room) {
        result += margin;
        column = 0;
      } else if (column > 0) {
        result += ' ';
        ++column;
      }
      result += word;
      column += word.size();
    }
  }
  return result;
}

std::string argument_heading(const Argument& argument) {
  if (argument.is_positional()) return argument.value;
  std::string heading = base::join(argument.names, ", ");
  if (argument.names.size() == 1) heading = "    " + heading;
  if (argument.is_flag()) return heading;
  const bool is_optional = argument.has_optional_value || argument.takes_many;
  const std::string value = argument.takes_many ? argument.value + "..." : argument.value;
  return heading + " " + (is_optional ? "[" + value + "]" : value);
}

std::string argument_text(const Argument& argument) {
  std::string text = argument.description;
  if (!argument.choices.empty()) text += ": " + base::join(argument.choices, ", ");
  std::vector<std::string> facts;
  if (!argument.default_text.empty()) facts.push_back("default: " + argument.default_text);
  if (argument.is_repeatable() && !argument.is_positional() && !argument.takes_many)
    facts.emplace_back("repeatable");
  if (!facts.empty()) text += " (" + base::join(facts, "; ") + ")";
  return text;
}

std::string usage_line(const Command& command, const Command* nested) {
  std::string line = "imagewright " + command.name;
  if (nested == nullptr && !command.nested.empty()) return line + " COMMAND";
  if (nested != nullptr) line += " " + nested->name;
  const Command& last = nested != nullptr ? *nested : command;
  line += " [OPTIONS]";
  for (const Argument& argument : last.arguments) {
    if (!argument.is_positional()) continue;
    const std::string value = argument.value + (argument.is_repeatable() ? "..." : "");
    line += argument.is_required ? " " + value : " [" + value + "]";
  }
  return line;
}

std::string program_help(const CommandTable& table, std::size_t width) {
  std::string text = wrapped(table.summary, 0, width) + "\n\n";
  text += "Usage: imagewright COMMAND [OPTIONS] ...\n\nCommands:\n";
  for (const Command& command : table.commands)
    text += row(command.name, command.summary, width);
  text += "\nOptions of every command:\n";
  for (const BuiltInOption& option : built_in_options())
    text += built_in_row(option, width);
  text += option_rows(table.globals, width);
  for (const std::string& note : table.notes)
    text += paragraphs(note, width);
  return text;
}

std::string command_help(const CommandTable& table, const Command& command, const Command* nested,
                         std::size_t width) {
  const Command& last = nested != nullptr ? *nested : command;
  std::string text = wrapped(last.summary, 0, width) + "\n\n";
  text += "Usage: " + wrapped(usage_line(command, nested), 9, width) + "\n";
  std::string positionals;
  for (const Argument& argument : last.arguments) {
    if (argument.is_positional())
      positionals += row(argument_heading(argument), argument_text(argument), width);
  }
  if (!positionals.empty()) text += "\n" + positionals;
  if (nested == nullptr && !command.nested.empty()) {
    text += "\nCommands:\n";
    for (const Command& each : command.nested)
      text += row(each.name, each.summary, width);
  }
  text += "\nOptions:\n" + built_in_row(built_in_options().front(), width);
  text += option_rows(last.arguments, width);
  std::vector<std::string> globals;
  for (const Argument& argument : table.globals)
    globals.push_back(argument.name());
  text += "\n" +
          wrapped("Options of every command (imagewright --help): " + base::join(globals, ", "), 0,
                  width) +
          "\n";
  if (!last.notes.empty()) text += paragraphs(last.notes, width);
  return text + examples_text(last.examples, width);
}

std::size_t help_width(const std::optional<std::string>& columns) {
  std::size_t width = 0;
  if (columns) std::from_chars(columns->data(), columns->data() + columns->size(), width);
  struct winsize size {};
  if (width == 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) width = size.ws_col;
  if (width == 0) width = k_default_width;
  return std::clamp(width, k_narrowest, k_widest);
}

} // namespace imagewright::cli
