// SPDX-License-Identifier: MIT
#include "command_line_fitness.hpp"

#include <array>
#include <optional>
#include <string>

#include <imagewright/base/text.hpp>
#include <imagewright/model/boot_choice.hpp>
#include <imagewright/model/boot_loader.hpp>
#include <imagewright/model/kernel_command_line.hpp>
#include <imagewright/policy/command_line_fitness.hpp>

namespace imagewright::policy {
namespace {

/// The longest `uname -r` (__NEW_UTS_LEN).
constexpr std::size_t k_longest_release = 64;
/// The longest name of an operating system that a directory of a boot loader entry bears.
constexpr std::size_t k_longest_token = 32;

struct Complaint {
  std::string what;
  std::string hint;
};

bool is_grub(std::string_view boot_loader) {
  return boot_loader == model::row_of(model::BootLoaderName::grub).word;
}

bool is_started_by_grub(const PolicyInput& input) {
  return model::boot_type_of(input.config, input.release) == model::BootType::legacy ||
         is_grub(model::boot_loader_of(input.config, input.release));
}

CommandLineReader reader_of(const PolicyInput& input) {
  const auto grub = model::row_of(model::BootLoaderName::grub).word;
  if (is_started_by_grub(input)) return command_line_reader(input.architecture, grub);
  if (input.config.os.uki_mode) return command_line_reader(input.architecture, "");
  return command_line_reader(input.architecture,
                             model::boot_loader_of(input.config, input.release));
}

/// GRUB puts a backslash before each quote and backslash of a parameter ("\xHH" among them, as
/// GRUB 2.06 was seen to do); the kernel knows no such escape. Quotes that only group are GRUB's
/// own affair.
bool is_changed_by_grub(const std::string& word) {
  return model::kernel_parameter(word).to_string().find_first_of("'\"\\") != std::string::npos;
}

/// GRUB takes the quotes away, and puts its own around what has a blank.
bool is_broken_behind_grub(const std::string& word) {
  const std::string text = model::kernel_parameter(word).to_string();
  return text.find(' ') == std::string::npos && text.find('\xa0') != std::string::npos;
}

std::optional<Complaint> find_complaint(const CommandLineReader& reader, const std::string& word) {
  if (model::has_open_quote(word))
    return Complaint{"has a double quote that is not closed: the kernel would take all that "
                     "follows for a part of it",
                     "close the quote; words of one argument belong into one entry of the list"};
  if (base::has_control_characters(word))
    return Complaint{"has a control character", "use blanks, and no line ends within quotes"};
  if (model::has_hidden_blank(word))
    return Complaint{"has a letter with the byte A0, at which the kernel would break it",
                     "put the value in double quotes"};
  if (reader.is_grub && is_broken_behind_grub(word))
    return Complaint{"has a letter with the byte A0, at which the kernel would break it: GRUB "
                     "takes the quotes away",
                     "use another boot loader, or write it without that letter"};
  if (reader.is_grub && is_changed_by_grub(word))
    return Complaint{"does not reach the kernel through GRUB, which puts backslashes before the "
                     "quotes and backslashes within it",
                     "use another boot loader, or write it without them"};
  return std::nullopt;
}

} // namespace

CommandLineReader command_line_reader(const model::Architecture& architecture,
                                      std::string_view boot_loader) {
  constexpr std::string_view k_grub = "BOOT_IMAGE=/boot/vmlinuz- ";
  constexpr std::string_view k_entry = "initrd=\\\\\\initrd ";
  const auto* loader = model::find_boot_loader(boot_loader);
  if (loader == nullptr) return {.architecture = architecture};
  const std::size_t bytes = is_grub(boot_loader)
                                ? k_grub.size() + k_longest_release
                                : k_entry.size() + k_longest_token + k_longest_release;
  return {.architecture = architecture,
          .is_grub = is_grub(boot_loader),
          .loader = std::string(loader->title),
          .loader_bytes = bytes};
}

void refuse_unfit_words(const CommandLineReader& reader,
                        const std::vector<model::KernelArgument>& arguments,
                        const base::SourceLocation& fallback, base::Diagnostics& diagnostics) {
  for (const auto& argument : arguments) {
    const auto complaint = find_complaint(reader, argument.text);
    if (!complaint) continue;
    diagnostics.error("policy.command-line-unfit",
                      "the kernel argument " + base::quoted(argument.text) + " " + complaint->what,
                      argument.where.value_or(fallback), complaint->hint);
  }
}

void refuse_long_line(const CommandLineReader& reader,
                      const std::vector<model::KernelArgument>& arguments,
                      const base::SourceLocation& fallback, base::Diagnostics& diagnostics) {
  const auto kept = reader.architecture.kernel_command_line_bytes;
  std::size_t length = 0;
  const model::KernelArgument* first_too_far = nullptr;
  for (const auto& argument : arguments) {
    length += (length == 0 ? 0 : 1) + argument.text.size();
    if (length > kept - reader.loader_bytes && first_too_far == nullptr) first_too_far = &argument;
  }
  if (first_too_far == nullptr) return;
  std::string message = "the kernel command line has " + std::to_string(length) +
                        " bytes, and the kernel of " + reader.architecture.name + " keeps " +
                        std::to_string(kept);
  if (reader.loader_bytes > 0) {
    message += ", of which " + reader.loader + " may need " + std::to_string(reader.loader_bytes);
  }
  message += ": " + base::quoted(first_too_far->text) + " and what follows would be lost";
  diagnostics.error("policy.command-line-too-long", std::move(message),
                    first_too_far->where.value_or(fallback),
                    "shorten it; options of modules can be given in os.modules");
}

void refuse_unfit_command_line(const PolicyInput& input,
                               const std::vector<model::KernelArgument>& arguments,
                               base::Diagnostics& diagnostics) {
  const CommandLineReader reader = reader_of(input);
  refuse_unfit_words(reader, arguments, input.config.os.where, diagnostics);
  refuse_long_line(reader, arguments, input.config.os.where, diagnostics);
}

} // namespace imagewright::policy
