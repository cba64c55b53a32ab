// SPDX-License-Identifier: MIT
#include "grub_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "grub_text.hpp"
#include "shell_settings.hpp"

namespace imagewright::finalize::boot_loaders {

namespace {

/// In the order in which the menu has them.
constexpr std::array<std::string_view, 2> k_variables{"GRUB_CMDLINE_LINUX",
                                                      "GRUB_CMDLINE_LINUX_DEFAULT"};
/// What else changes how a menu starts, and ours does not follow.
constexpr std::array<std::string_view, 8> k_others{
    "GRUB_DEFAULT",        "GRUB_TIMEOUT_STYLE",   "GRUB_HIDDEN_TIMEOUT", "GRUB_TERMINAL",
    "GRUB_TERMINAL_INPUT", "GRUB_TERMINAL_OUTPUT", "GRUB_SERIAL_COMMAND", "GRUB_PRELOAD_MODULES"};
constexpr std::string_view k_timeout = "GRUB_TIMEOUT";

[[noreturn]] void refuse(const ShellDoubt& doubt) {
  throw base::Error(base::FailureKind::build, "finalize.grub-setting",
                    fmt::format("{} sets kernel arguments in a way that is not understood: {}",
                                base::quoted(doubt.path), base::quoted(doubt.line)),
                    "the first boot would not have what later ones have: add the arguments to "
                    "os.kernelCommandLine.extraCommandLine, and leave the package or the file out");
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(
      text, [](char letter) { return static_cast<unsigned char>(letter) < ' ' && letter != '\t'; });
}

std::vector<std::string> arguments_of(const ShellSettings& shell) {
  std::vector<std::string> words;
  for (const std::string_view variable : k_variables) {
    const ShellValue value = shell.value(variable);
    if (value.doubt) refuse(*value.doubt);
    // A menu has its kernel and the arguments on one line.
    if (has_control(value.text))
      refuse({std::string(k_grub_settings), std::string(variable) + "=" + value.text});
    for (std::string& word : kernel_words_of_grub(value.text))
      words.push_back(std::move(word));
  }
  return words;
}

std::optional<int> number_of(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < -1) return std::nullopt;
  return value;
}

std::map<std::string, std::string> others_of(const ShellSettings& shell) {
  std::map<std::string, std::string> others;
  for (const std::string_view name : k_others) {
    const ShellValue value = shell.value(name);
    if (value.doubt || !value.text.empty())
      others.emplace(name, value.doubt ? value.doubt->line : value.text);
  }
  return others;
}

GrubSettings settings_of(const ShellSettings& shell) {
  GrubSettings settings{.arguments = arguments_of(shell), .others = others_of(shell)};
  const ShellValue timeout = shell.value(k_timeout);
  if (!timeout.doubt) settings.timeout_seconds = number_of(timeout.text);
  const bool is_told = timeout.doubt || (!timeout.text.empty() && !settings.timeout_seconds);
  if (is_told)
    settings.others.emplace(k_timeout, timeout.doubt ? timeout.doubt->line : timeout.text);
  return settings;
}

} // namespace

std::optional<GrubSettings> read_grub_settings(const fs::RootDir& files) {
  if (!files.exists(k_grub_settings)) return std::nullopt;
  ShellSettings shell(files);
  shell.read(std::string(k_grub_settings));
  return settings_of(shell);
}

GrubSettings grub_settings_in(const fs::RootDir& files, const std::string& text) {
  ShellSettings shell(files);
  shell.read_text(std::string(k_grub_settings), text);
  return settings_of(shell);
}

std::vector<std::string> arguments_for_grub_alone(const fs::RootDir& files) {
  ShellSettings shell(files);
  shell.read_directory(std::string(k_more_grub_settings), ".cfg");
  return arguments_of(shell);
}

} // namespace imagewright::finalize::boot_loaders
