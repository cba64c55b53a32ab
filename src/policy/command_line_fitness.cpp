// SPDX-License-Identifier: MIT
#include "command_line_fitness.hpp"

#include <array>
#include <optional>
#include <string>

#include <imagewright/base/text.hpp>
#include <imagewright/model/boot_choice.hpp>
#include <imagewright/model/boot_loader.hpp>
#include <imagewright/model/kernel_command_line.hpp>

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

/// A boot loader, and what it puts before the words.
struct LoaderShare {
  std::string name; ///< empty: it adds nothing
  std::size_t bytes = 0;
};

bool is_started_by_grub(const PolicyInput& input) {
  return model::boot_type_of(input.config, input.release) == model::BootType::legacy ||
         model::boot_loader_of(input.config, input.release) ==
             model::row_of(model::BootLoaderName::grub).word;
}

LoaderShare share_of_loader(const PolicyInput& input) {
  constexpr std::string_view k_grub = "BOOT_IMAGE=/boot/vmlinuz- ";
  constexpr std::string_view k_entry = "initrd=\\\\\\initrd ";
  if (is_started_by_grub(input)) {
    return {std::string(model::row_of(model::BootLoaderName::grub).title),
            k_grub.size() + k_longest_release};
  }
  const auto* loader = model::find_boot_loader(model::boot_loader_of(input.config, input.release));
  if (loader == nullptr || input.config.os.uki_mode) return {};
  return {std::string(loader->title), k_entry.size() + k_longest_token + k_longest_release};
}

/// GRUB puts a backslash before each quote and backslash of a parameter ("\xHH" among them, as
/// GRUB 2.06 was seen to do); the kernel knows no such escape. Quotes that only group are GRUB's
/// own affair.
bool is_changed_by_grub(const std::string& word) {
  return model::kernel_parameter(word).to_string().find_first_of("'\"\\") != std::string::npos;
}

std::optional<Complaint> find_complaint(const PolicyInput& input, const std::string& word) {
  if (model::has_open_quote(word))
    return Complaint{"has a double quote that is not closed: the kernel would take all that "
                     "follows for a part of it",
                     "close the quote; words of one argument belong into one entry of the list"};
  if (base::has_control_characters(word))
    return Complaint{"has a control character", "use blanks, and no line ends within quotes"};
  if (model::has_hidden_blank(word))
    return Complaint{"has a letter with the byte A0, at which the kernel would break it",
                     "put the value in double quotes"};
  if (is_started_by_grub(input) && is_changed_by_grub(word))
    return Complaint{"does not reach the kernel through GRUB, which puts backslashes before the "
                     "quotes and backslashes within it",
                     "use another boot loader, or write it without them"};
  return std::nullopt;
}

void refuse_long_line(const PolicyInput& input, const std::vector<model::KernelArgument>& arguments,
                      base::Diagnostics& diagnostics) {
  const auto share = share_of_loader(input);
  const auto room = input.architecture.kernel_command_line_bytes - share.bytes;
  std::size_t length = 0;
  const model::KernelArgument* first_too_far = nullptr;
  for (const auto& argument : arguments) {
    length += (length == 0 ? 0 : 1) + argument.text.size();
    if (length > room && first_too_far == nullptr) first_too_far = &argument;
  }
  if (first_too_far == nullptr) return;
  std::string message = "the kernel command line has " + std::to_string(length) +
                        " bytes, and the kernel of " + input.architecture.name + " keeps " +
                        std::to_string(input.architecture.kernel_command_line_bytes);
  if (share.bytes > 0) {
    message += ", of which " + share.name + " may need " + std::to_string(share.bytes);
  }
  message += ": " + base::quoted(first_too_far->text) + " and what follows would be lost";
  diagnostics.error("policy.command-line-too-long", std::move(message),
                    first_too_far->where.value_or(input.config.os.where),
                    "shorten it; options of modules can be given in os.modules");
}

} // namespace

void refuse_unfit_command_line(const PolicyInput& input,
                               const std::vector<model::KernelArgument>& arguments,
                               base::Diagnostics& diagnostics) {
  for (const auto& argument : arguments) {
    const auto complaint = find_complaint(input, argument.text);
    if (!complaint) continue;
    diagnostics.error("policy.command-line-unfit",
                      "the kernel argument " + base::quoted(argument.text) + " " + complaint->what,
                      argument.where.value_or(input.config.os.where), complaint->hint);
  }
  refuse_long_line(input, arguments, diagnostics);
}

} // namespace imagewright::policy
