// SPDX-License-Identifier: MIT
#include "completion.hpp"

#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/shell.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::cli {

namespace {

constexpr std::string_view k_releases = "imagewright releases 2>/dev/null | cut -d' ' -f1";
constexpr std::string_view k_error_codes = "imagewright help error 2>/dev/null";

std::string topics_of(const CommandTable& table) {
  return base::join(table.command_names(), " ") + " error manual";
}

/// What an argument's values are for one shell: words, the command that lists them, files or
/// directories.
struct Values {
  std::string words;
  std::string_view command;
  Completes kind = Completes::nothing;
};

Values values_of(const CommandTable& table, const Argument& argument) {
  if (!argument.choices.empty()) return {base::join(argument.choices, " "), {}, {}};
  switch (argument.completes) {
  case Completes::topics:
    return {topics_of(table), {}, {}};
  case Completes::releases:
    return {{}, k_releases, {}};
  case Completes::error_codes:
    return {{}, k_error_codes, {}};
  case Completes::nothing:
  case Completes::files:
  case Completes::directories:
    break;
  }
  return {{}, {}, argument.completes};
}

// --- bash

/// Statements that fill COMPREPLY.
std::string bash_reply(const Values& values) {
  if (!values.words.empty())
    return fmt::format("mapfile -t COMPREPLY < <(compgen -W {} -- \"$current\")",
                       base::shell_quoted(values.words));
  if (!values.command.empty())
    return fmt::format("mapfile -t COMPREPLY < <(compgen -W \"$({})\" -- \"$current\")",
                       values.command);
  if (values.kind == Completes::files)
    return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$current\")";
  if (values.kind == Completes::directories)
    return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$current\")";
  return "COMPREPLY=()";
}

std::string bash_values(const CommandTable& table, const std::string& command,
                        const std::vector<Argument>& arguments) {
  std::string cases;
  for (const Argument& argument : arguments) {
    if (argument.is_positional() || argument.is_flag()) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : argument.names)
      patterns.push_back(fmt::format("{}' {}'", command, name));
    cases += fmt::format("    {}) {}; return ;;\n", base::join(patterns, "|"),
                         bash_reply(values_of(table, argument)));
  }
  return cases;
}

std::vector<std::string> option_names(const std::vector<Argument>& arguments) {
  std::vector<std::string> names;
  for (const Argument& argument : arguments)
    names.insert(names.end(), argument.names.begin(), argument.names.end());
  return names;
}

/// What every command takes, with the options that the parser brings itself: flags without a place
/// for what they say.
std::vector<Argument> global_arguments(const CommandTable& table) {
  std::vector<Argument> arguments;
  for (const BuiltInOption& option : built_in_options()) {
    arguments.push_back({.names = option.names,
                         .description = option.description,
                         .target = static_cast<bool*>(nullptr)});
  }
  arguments.insert(arguments.end(), table.globals.begin(), table.globals.end());
  return arguments;
}

/// The values of positional arguments: all that any of them may be.
std::string bash_positionals(const CommandTable& table, const Command& command) {
  std::string words;
  std::string commands;
  Completes kind = Completes::nothing;
  for (const Argument& argument : command.arguments) {
    if (!argument.is_positional()) continue;
    const Values values = values_of(table, argument);
    words += values.words.empty() ? "" : " " + values.words;
    if (!values.command.empty()) commands += fmt::format(" $({})", values.command);
    if (values.kind != Completes::nothing) kind = values.kind;
  }
  for (const Command& nested : command.nested)
    words += " " + nested.name;
  if (kind != Completes::nothing) return bash_reply({{}, {}, kind});
  return fmt::format("mapfile -t COMPREPLY < <(compgen -W \"{}{}\" -- \"$current\")",
                     base::trimmed(words), commands);
}

std::string bash_script(const CommandTable& table) {
  std::string values;
  std::string options;
  std::string positionals;
  std::string value_options;
  const auto note = [&](const std::vector<Argument>& arguments) {
    for (const Argument& argument : arguments) {
      if (argument.is_positional() || argument.is_flag()) continue;
      for (const std::string& name : argument.names)
        value_options += " " + name;
    }
  };
  note(table.globals);
  for (const Command& command : table.commands) {
    std::vector<std::string> names = option_names(command.arguments);
    values += bash_values(table, command.name, command.arguments);
    note(command.arguments);
    for (const Command& nested : command.nested) {
      const auto more = option_names(nested.arguments);
      names.insert(names.end(), more.begin(), more.end());
      values += bash_values(table, command.name, nested.arguments);
      note(nested.arguments);
    }
    options += fmt::format("    {}) options={} ;;\n", command.name,
                           base::shell_quoted(base::join(names, " ")));
    positionals += fmt::format("    {}) {} ;;\n", command.name, bash_positionals(table, command));
  }
  return fmt::format(R"(# bash completion for imagewright
_imagewright() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local command='' options='' index
  # "--arch=x" is three words for bash.
  if [[ $current == = ]]; then
    current=''
  elif [[ $previous == = && $COMP_CWORD -gt 2 ]]; then
    previous=${{COMP_WORDS[COMP_CWORD-2]}}
  fi
  for ((index = 1; index < COMP_CWORD; ++index)); do
    case ${{COMP_WORDS[index]}} in
      -*) [[ ' {} ' == *" ${{COMP_WORDS[index]}} "* ]] && ((++index)) ;;
      *) command=${{COMP_WORDS[index]}}; break ;;
    esac
  done
  case "$command $previous" in
{}{}  esac
  case $command in
{}  esac
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options {}" -- "$current")
    return
  fi
  case $command in
{}    '') mapfile -t COMPREPLY < <(compgen -W '{}' -- "$current") ;;
  esac
}}
complete -F _imagewright imagewright
)",
                     base::trimmed(value_options), values, bash_values(table, "*", table.globals),
                     options, base::join(option_names(global_arguments(table)), " "), positionals,
                     base::join(table.command_names(), " "));
}

// --- zsh

/// Inside of a specification of _arguments: colons, brackets and backslashes are its own.
std::string zsh_text(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    if (byte == ':' || byte == '[' || byte == ']' || byte == '\\') result += '\\';
    result += byte;
  }
  return result;
}

std::string zsh_action(const Values& values) {
  if (!values.words.empty()) return "(" + values.words + ")";
  if (!values.command.empty()) return fmt::format("($({}))", values.command);
  if (values.kind == Completes::files) return "_files";
  if (values.kind == Completes::directories) return "_files -/";
  return " ";
}

std::string zsh_specification(const CommandTable& table, const Argument& argument) {
  const std::string action = zsh_action(values_of(table, argument));
  if (argument.is_positional()) {
    return base::shell_quoted(fmt::format("{}:{}:{}", argument.is_repeatable() ? "*" : "",
                                          zsh_text(argument.value), action));
  }
  std::vector<std::string> specifications;
  const std::string repeat = argument.is_repeatable() ? "*" : "";
  for (const std::string& name : argument.names) {
    std::string text = fmt::format("{}{}[{}]", repeat, name, zsh_text(argument.description));
    if (!argument.is_flag()) text += fmt::format(":{}:{}", zsh_text(argument.value), action);
    specifications.push_back(base::shell_quoted(text));
  }
  return base::join(specifications, " ");
}

std::string zsh_specifications(const CommandTable& table, const std::vector<Argument>& arguments) {
  std::string text;
  for (const Argument& argument : arguments)
    text += " \\\n        " + zsh_specification(table, argument);
  return text;
}

std::string zsh_script(const CommandTable& table) {
  std::string commands;
  std::string cases;
  for (const Command& command : table.commands) {
    commands += fmt::format(
        "    {}\n", base::shell_quoted(fmt::format("{}:{}", command.name, command.summary)));
    std::string specifications = zsh_specifications(table, command.arguments);
    std::vector<std::string> names;
    for (const Command& nested : command.nested) {
      names.push_back(nested.name);
      specifications += zsh_specifications(table, nested.arguments);
    }
    if (!names.empty())
      specifications += fmt::format(" \\\n        '1:command:({})'", base::join(names, " "));
    cases += fmt::format("      {}) _arguments $globals{} ;;\n", command.name, specifications);
  }
  return fmt::format(R"(#compdef imagewright
_imagewright() {{
  local -a commands globals
  local line state
  commands=(
{}  )
  globals=({}
  )
  _arguments -C $globals '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument) case $line[1] in
{}    esac ;;
  esac
}}
_imagewright "$@"
)",
                     commands, zsh_specifications(table, global_arguments(table)), cases);
}

// --- fish

std::string fish_values(const Values& values) {
  if (!values.words.empty()) return fmt::format(" -x -a {}", base::shell_quoted(values.words));
  if (!values.command.empty())
    return fmt::format(" -x -a {}", base::shell_quoted(fmt::format("({})", values.command)));
  if (values.kind == Completes::files) return " -r -F";
  if (values.kind == Completes::directories) return " -x -a '(__fish_complete_directories)'";
  return " -x";
}

std::string fish_option(const CommandTable& table, const Argument& argument,
                        const std::string& condition) {
  std::string line = "complete -c imagewright" + condition;
  for (const std::string& name : argument.names)
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!argument.is_flag()) line += fish_values(values_of(table, argument));
  return line + " -d " + base::shell_quoted(argument.description) + "\n";
}

std::string fish_command(const CommandTable& table, const Command& command) {
  std::string script = fmt::format("complete -c imagewright -n __fish_use_subcommand -a {} -d {}\n",
                                   command.name, base::shell_quoted(command.summary));
  const std::string condition = fmt::format(" -n '__fish_seen_subcommand_from {}'", command.name);
  const auto add = [&](const std::vector<Argument>& arguments) {
    for (const Argument& argument : arguments) {
      if (argument.is_positional()) {
        std::string values = fish_values(values_of(table, argument));
        script += "complete -c imagewright" + condition + values + "\n";
      } else {
        script += fish_option(table, argument, condition);
      }
    }
  };
  add(command.arguments);
  for (const Command& nested : command.nested) {
    script += fmt::format("complete -c imagewright{} -a {} -d {}\n", condition, nested.name,
                          base::shell_quoted(nested.summary));
    add(nested.arguments);
  }
  return script;
}

std::string fish_script(const CommandTable& table) {
  std::string script = "# fish completion for imagewright\ncomplete -c imagewright -f\n";
  for (const Argument& argument : global_arguments(table))
    script += fish_option(table, argument, "");
  for (const Command& command : table.commands)
    script += fish_command(table, command);
  return script;
}

} // namespace

std::string completion_script(const CommandTable& table, const std::string& shell) {
  if (shell == "bash") return bash_script(table);
  return shell == "zsh" ? zsh_script(table) : fish_script(table);
}

} // namespace imagewright::cli
