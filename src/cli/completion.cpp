// SPDX-License-Identifier: MIT
#include "completion.hpp"

#include <string_view>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

namespace imagewright::cli {

std::vector<const CLI::App*> commands_of(const CLI::App& application) {
  return application.get_subcommands([](const CLI::App*) { return true; });
}

namespace {

/// The long names of a parser's options, in the order of its help.
std::vector<std::string> option_names(const CLI::App& parser) {
  std::vector<std::string> names;
  for (const CLI::Option* option : parser.get_options()) {
    for (const std::string& name : option->get_lnames())
      names.push_back("--" + name);
  }
  return names;
}

/// A text inside single quotes of a shell.
std::string single_quoted(std::string_view text) {
  std::string result;
  for (const char character : text) {
    result += character == '\'' ? std::string("'\\''") : std::string(1, character);
  }
  return "'" + result + "'";
}

std::string bash_script(const CLI::App& application) {
  std::vector<std::string> names;
  std::string cases;
  for (const CLI::App* command : commands_of(application)) {
    names.push_back(command->get_name());
    std::vector<std::string> words = option_names(*command);
    for (const CLI::App* nested : commands_of(*command))
      words.push_back(nested->get_name());
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->get_name(), base::join(words, " "));
  }
  return fmt::format(R"(# bash completion for imagewright
_imagewright() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} command='' word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  case $command in
{}    *) words="{}" ;;
  esac
  if [[ $current == -* || -z $command ]]; then
    COMPREPLY=($(compgen -W "$words {}" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current") $(compgen -f -- "$current"))
  fi
}}
complete -o filenames -F _imagewright imagewright
)",
                     cases, base::join(names, " "), base::join(option_names(application), " "));
}

std::string zsh_script(const CLI::App& application) {
  std::string commands;
  std::string cases;
  for (const CLI::App* command : commands_of(application)) {
    commands += fmt::format("    {}\n", single_quoted(fmt::format("{}:{}", command->get_name(),
                                                                  command->get_description())));
    cases += fmt::format("    {}) compadd -- {}; _files ;;\n", command->get_name(),
                         base::join(option_names(*command), " "));
  }
  return fmt::format(R"(#compdef imagewright
_imagewright() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    compadd -- {}
    return
  fi
  case ${{words[2]}} in
{}  esac
}}
_imagewright "$@"
)",
                     commands, base::join(option_names(application), " "), cases);
}

std::string fish_script(const CLI::App& application) {
  std::string script = "# fish completion for imagewright\n";
  const auto add_options = [&](const CLI::App& parser, const std::string& condition) {
    for (const CLI::Option* option : parser.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        script += fmt::format("complete -c imagewright {}-l {} -d {}\n", condition, name,
                              single_quoted(option->get_description()));
      }
    }
  };
  add_options(application, "");
  for (const CLI::App* command : commands_of(application)) {
    script += fmt::format("complete -c imagewright -n __fish_use_subcommand -a {} -d {}\n",
                          command->get_name(), single_quoted(command->get_description()));
    add_options(*command, fmt::format("-n '__fish_seen_subcommand_from {}' ", command->get_name()));
  }
  return script;
}

} // namespace

std::string completion_script(const CLI::App& application, const std::string& shell) {
  if (shell == "bash") return bash_script(application);
  return shell == "zsh" ? zsh_script(application) : fish_script(application);
}

} // namespace imagewright::cli
