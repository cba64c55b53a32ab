// SPDX-License-Identifier: MIT
#include "manual_page.hpp"

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "help_text.hpp"

namespace imagewright::cli {

namespace {

/// Text that roff prints as it is (groff_char(7), roff(7)): no escapes, hyphens that can be
/// searched for, no request at the start of a line.
std::string literal(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    if (byte == '\\') {
      result += "\\e";
    } else if (byte == '-') {
      result += "\\-";
    } else if (byte == '\'') {
      result += "\\(aq";
    } else {
      result += byte;
    }
  }
  return result.starts_with('.') ? "\\&" + result : result;
}

std::string paragraph(std::string_view heading, std::string_view text) {
  return fmt::format(".TP\n\\fB{}\\fR\n{}\n", literal(heading), literal(text));
}

std::string arguments_text(const std::vector<Argument>& arguments) {
  std::string text;
  for (const Argument& argument : arguments)
    text += paragraph(base::trimmed(argument_heading(argument)), argument_text(argument));
  return text;
}

std::string notes_text(const std::string& notes) {
  std::string text;
  for (const std::string& line : base::split(notes, '\n')) {
    if (!line.empty()) text += ".PP\n" + literal(line) + "\n";
  }
  return text;
}

std::string command_text(const Command& command, const Command* nested) {
  const Command& last = nested != nullptr ? *nested : command;
  std::string text = fmt::format(".SS {}\n{}\n.PP\n{}\n", literal(usage_line(command, nested)),
                                 literal(last.summary), "");
  text += arguments_text(last.arguments);
  text += notes_text(last.notes);
  for (const Example& example : last.examples) {
    text += fmt::format(".PP\n{}:\n.RS\n.nf\n{}\n.fi\n.RE\n", literal(example.meaning),
                        literal(example.command));
  }
  for (const Command& each : last.nested)
    text += command_text(command, &each);
  return text;
}

/// A sentence as the line of a list: whatis(1) shows it beside other names.
std::string name_line(std::string_view summary) {
  std::string line(summary);
  if (line.ends_with('.')) line.pop_back();
  return base::to_lower(line.substr(0, 1)) + line.substr(1);
}

} // namespace

std::string manual_page(const CommandTable& table, std::string_view version) {
  std::string text = fmt::format(
      ".\\\" Made by \"imagewright help manual\".\n"
      ".TH IMAGEWRIGHT 1 \"\" \"imagewright {}\" \"User Commands\"\n"
      ".nh\n.ad l\n" // words are searched for, and copied
      ".SH NAME\nimagewright \\- {}\n.SH SYNOPSIS\n\\fBimagewright\\fR COMMAND [OPTIONS] ...\n"
      ".SH COMMANDS\nCommands:\n",
      literal(version), literal(name_line(table.summary)));
  for (const Command& command : table.commands)
    text += command_text(command, nullptr);
  text += ".SH OPTIONS\nOptions of every command:\n";
  for (const BuiltInOption& option : built_in_options())
    text += paragraph(base::join(option.names, ", "), option.description);
  text += arguments_text(table.globals);
  text += ".SH NOTES\n";
  for (const std::string& note : table.notes)
    text += notes_text(note);
  return text;
}

} // namespace imagewright::cli
