// SPDX-License-Identifier: MIT
#include "../completion.hpp"

#include <memory>

#include "../command.hpp"

namespace imagewright::cli {

RegisteredCommand add_completion_command(CLI::App& application) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* parser =
      application.add_subcommand("completion", "Print completions for a shell: bash, zsh or fish");
  parser->add_option("SHELL", *shell, "The shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  parser->footer("bash: imagewright completion bash > /etc/bash_completion.d/imagewright\n"
                 "zsh:  imagewright completion zsh > \"${fpath[1]}/_imagewright\"\n"
                 "fish: imagewright completion fish > ~/.config/fish/completions/imagewright.fish");
  return {parser, [shell, &application](const CommandContext& context) {
            context.console.print(completion_script(application, *shell));
            return ExitCode::done;
          }};
}

} // namespace imagewright::cli
