// SPDX-License-Identifier: MIT
#include "removed_arguments.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>

namespace imagewright::policy {
namespace {

/// What is no decision of a policy, but said once for all images.
bool is_given_by_release(const model::KernelArgument& argument) {
  return argument.origin.starts_with("release ") || argument.origin.starts_with("platform ") ||
         argument.origin.starts_with("architecture ");
}

bool fits(const std::string& entry, const std::string& word) {
  return model::is_meant_by(model::kernel_parameter(word), entry);
}

void add_words(std::vector<std::string>& words, const std::vector<std::string>& entries) {
  for (const auto& entry : entries) {
    for (auto& word : model::kernel_words(entry))
      words.push_back(std::move(word));
  }
}

using Lists = std::map<std::string, std::vector<std::string>>;

void add_consoles(std::vector<std::string>& words, const Lists& consoles) {
  for (const auto& [architecture, names] : consoles) {
    for (const auto& name : names)
      words.push_back("console=" + name);
  }
}

/// A config for several architectures and platforms may remove what only one of them has.
std::vector<std::string> removable_words(const PolicyInput& input) {
  std::vector<std::string> words;
  const auto& release = input.release;
  add_words(words, release.kernel_arguments);
  for (const auto& [architecture, entries] : release.architecture_kernel_arguments)
    add_words(words, entries);
  add_consoles(words, release.consoles);
  for (const auto& [platform, facts] : release.platforms) {
    add_words(words, facts.kernel_arguments);
    for (const auto& [architecture, entries] : facts.architecture_kernel_arguments)
      add_words(words, entries);
    add_consoles(words, facts.consoles);
  }
  words.push_back("console=" + input.architecture.serial_console);
  return words;
}

} // namespace

const model::LocatedText* find_removal(const model::ImageConfig& config,
                                       const model::KernelArgument& argument) {
  if (!is_given_by_release(argument)) return nullptr;
  const auto& entries = config.os.removed_kernel_arguments;
  const auto found = std::ranges::find_if(
      entries, [&](const auto& entry) { return fits(entry.text, argument.text); });
  return found == entries.end() ? nullptr : &*found;
}

base::Diagnostics refuse_vain_removals(const PolicyInput& input,
                                       const std::vector<model::KernelArgument>& arguments) {
  base::Diagnostics diagnostics;
  const auto words = removable_words(input);
  for (const auto& entry : input.config.os.removed_kernel_arguments) {
    if (std::ranges::any_of(words, [&](const auto& word) { return fits(entry.text, word); }))
      continue;
    const auto kept = std::ranges::find_if(
        arguments, [&](const auto& argument) { return fits(entry.text, argument.text); });
    if (kept != arguments.end()) {
      diagnostics.add({.code = "policy.command-line-conflict",
                       .message = "the kernel argument " + base::quoted(kept->text) +
                                  " cannot be removed: " + kept->origin + " asks for it",
                       .where = entry.where,
                       .hint = "change " + kept->origin});
      continue;
    }
    auto hint = base::did_you_mean(entry.text, words);
    if (hint.empty()) hint = "imagewright plan shows the arguments and where they are from";
    diagnostics.error("policy.nothing-to-remove",
                      "the release has no kernel argument " + base::quoted(entry.text), entry.where,
                      std::move(hint));
  }
  return diagnostics;
}

} // namespace imagewright::policy
