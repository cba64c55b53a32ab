// SPDX-License-Identifier: MIT
#include "node_settings.hpp"

#include <algorithm>

#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>

namespace imagewright::finalize::boot_loaders {
namespace {

bool has_word(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::any_of(words, [&](const std::string& each) {
    return model::kernel_parameter(each) == model::kernel_parameter(word);
  });
}

/// Whether an argument is in each menu, whatever the settings say: GRUB's own scripts find the root
/// filesystem, and root hashes of what holds the settings cannot be in them.
bool is_of_every_menu(const BootInput& input, const std::string& word) {
  const std::string name = model::kernel_parameter(word).name;
  return name == "root" || name == "rw" ||
         (has_word(model::kernel_words(input.command_line), word) &&
          !has_word(model::kernel_words(lasting_command_line(input)), word));
}

/// The argument of the policy that a word is; nothing: of packages' settings.
const model::KernelArgument* find_argument(const BootInput& input, const std::string& word) {
  const auto& arguments = input.policy.kernel_arguments;
  const auto found = std::ranges::find_if(arguments, [&](const model::KernelArgument& each) {
    return has_word(model::kernel_words(each.text), word);
  });
  return found == arguments.end() ? nullptr : &*found;
}

/// What a key of the config wants is in the image, whatever its own files say.
bool is_wanted(const model::KernelArgument* argument) {
  return argument != nullptr && argument->origin.starts_with("os.");
}

/// Arguments that the file lacks, all of one origin.
struct Lacking {
  const model::KernelArgument* first = nullptr;
  std::vector<std::string> words;
};

base::Diagnostic lacking_arguments_of(const Lacking& lacking, const std::string& path) {
  const bool is_kept = is_wanted(lacking.first);
  const std::string plural = lacking.words.size() == 1 ? "" : "s";
  return {.severity = base::Severity::warning,
          .code = "finalize.boot-settings-lack-argument",
          .message = base::quoted(path) + " lacks the kernel argument" + plural + " " +
                     base::quoted(model::joined_kernel_words(lacking.words)) + " of " +
                     lacking.first->origin +
                     (is_kept ? ": menus that the node makes when kernels change are without " +
                                    std::string(plural.empty() ? "it" : "them")
                              : ", and so does the menu of this image"),
          .where = lacking.first->where,
          .hint = "add " + std::string(plural.empty() ? "it" : "them") +
                  " there; what is not wanted is removed from the config, or named in "
                  "os.kernelCommandLine.remove where it is the release's"};
}

} // namespace

std::string command_line_with(const BootInput& input, const std::vector<std::string>& words) {
  auto line = model::kernel_words(input.command_line);
  std::erase_if(line, [&](const std::string& word) {
    return !has_word(words, word) && !is_of_every_menu(input, word) &&
           !is_wanted(find_argument(input, word));
  });
  for (const std::string& word : words) {
    if (!has_word(line, word)) line.push_back(word);
  }
  return model::joined_kernel_words(line);
}

std::vector<base::Diagnostic> lacking_arguments(const BootInput& input, const std::string& path,
                                                const std::vector<std::string>& words) {
  std::vector<Lacking> all;
  for (const model::KernelArgument& argument : input.policy.kernel_arguments) {
    for (const std::string& word : model::kernel_words(argument.text)) {
      if (has_word(words, word) || is_of_every_menu(input, word)) continue;
      auto same = std::ranges::find_if(all, [&](const Lacking& each) {
        return each.first->origin == argument.origin && each.first->where == argument.where;
      });
      if (same == all.end()) same = all.insert(same, {.first = &argument});
      same->words.push_back(word);
    }
  }
  std::vector<base::Diagnostic> told;
  told.reserve(all.size());
  for (const Lacking& lacking : all)
    told.push_back(lacking_arguments_of(lacking, path));
  return told;
}

} // namespace imagewright::finalize::boot_loaders
