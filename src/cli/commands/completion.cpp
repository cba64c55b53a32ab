// SPDX-License-Identifier: MIT
#include "../completion.hpp"

#include <memory>

#include "../command.hpp"

namespace imagewright::cli {

Command completion_command(const CommandTable& table) {
  const auto shell = std::make_shared<std::string>();
  Command command{.name = "completion", .summary = "Print completions for a shell"};
  command.arguments = {{.value = "SHELL",
                        .description = "The shell",
                        .target = shell.get(),
                        .choices = {"bash", "zsh", "fish"},
                        .is_required = true}};
  command.notes = "An installed program brings them along.";
  command.examples = {{"source <(imagewright completion bash)", "Completions for this bash alone"},
                      {"imagewright completion fish > ~/.config/fish/completions/imagewright.fish",
                       "Completions for every fish of this user"}};
  command.action = [shell, &table](const CommandContext& context) {
    context.console.print(completion_script(table, *shell));
    return ExitCode::done;
  };
  return command;
}

} // namespace imagewright::cli
