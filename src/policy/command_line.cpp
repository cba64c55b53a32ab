// SPDX-License-Identifier: MIT
#include "command_line.hpp"

#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::policy {
namespace {

bool agrees(const ArgumentClaim& claim, const model::KernelArgument& argument) {
  if (claim.key != key_of(argument.text)) return true;
  return std::ranges::find(claim.allowed, value_of(argument.text)) != claim.allowed.end();
}

const ArgumentClaim* find_contradiction(const std::vector<ArgumentClaim>& claims,
                                        const model::KernelArgument& argument) {
  const auto claim =
      std::ranges::find_if(claims, [&](const auto& each) { return !agrees(each, argument); });
  return claim == claims.end() ? nullptr : &*claim;
}

base::Diagnostic conflict(const model::KernelArgument& argument, const ArgumentClaim& claim) {
  return {.code = "policy.command-line-conflict",
          .message =
              "the kernel argument " + base::quoted(argument.text) + " contradicts " + claim.origin,
          .where = argument.where,
          .related = {{claim.where, claim.origin + " is decided here"}},
          .hint = "remove the argument, or change " + claim.origin};
}

void add_once(std::vector<model::KernelArgument>& arguments,
              const model::KernelArgument& argument) {
  const bool is_known =
      std::ranges::find(arguments, argument.text, &model::KernelArgument::text) != arguments.end();
  if (!is_known) arguments.push_back(argument);
}

} // namespace

std::string key_of(const std::string& word) {
  return word.substr(0, word.find('='));
}

std::string value_of(const std::string& word) {
  const auto equals = word.find('=');
  return equals == std::string::npos ? "" : word.substr(equals + 1);
}

std::vector<model::KernelArgument> user_arguments(const model::ImageConfig& config) {
  std::vector<model::KernelArgument> arguments;
  for (const auto& entry : config.os.kernel_command_line) {
    for (auto& word : base::split_whitespace(entry.text)) {
      arguments.push_back({.text = std::move(word),
                           .origin = "os.kernelCommandLine.extraCommandLine",
                           .where = entry.where});
    }
  }
  return arguments;
}

std::vector<model::KernelArgument> release_arguments(const PolicyInput& input) {
  const model::ReleaseProfile& release = input.release;
  std::vector<std::string> entries = release.kernel_arguments;
  const auto own = release.architecture_kernel_arguments.find(input.architecture.name);
  if (own != release.architecture_kernel_arguments.end()) {
    entries.insert(entries.end(), own->second.begin(), own->second.end());
  }
  std::vector<model::KernelArgument> arguments;
  for (const auto& entry : entries) {
    for (auto& word : base::split_whitespace(entry)) {
      arguments.push_back(
          {.text = std::move(word), .origin = "release " + release.name, .where = release.where});
    }
  }
  return arguments;
}

std::optional<model::KernelArgument> find_given_argument(const PolicyInput& input,
                                                         const std::string& key) {
  std::optional<model::KernelArgument> found;
  const auto look = [&](const std::vector<model::KernelArgument>& arguments) {
    for (const auto& argument : arguments) {
      if (key_of(argument.text) == key) found = argument;
    }
  };
  look(release_arguments(input));
  look(user_arguments(input.config));
  return found;
}

SystemPolicyResult with_command_line(const PolicyInput& input, const std::vector<PolicyPart>& parts,
                                     const std::vector<ArgumentClaim>& claims) {
  SystemPolicyResult result;
  auto& arguments = result.policy.kernel_arguments;
  // The first part is the boot policy's: root and consoles.
  IMAGEWRIGHT_ASSERT(!parts.empty());
  for (const auto& argument : parts.front().policy.kernel_arguments)
    add_once(arguments, argument);
  for (const auto& argument : release_arguments(input)) {
    if (find_contradiction(claims, argument) == nullptr) add_once(arguments, argument);
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    for (const auto& argument : parts[i].policy.kernel_arguments)
      add_once(arguments, argument);
  }
  for (const auto& argument : user_arguments(input.config)) {
    if (const auto* claim = find_contradiction(claims, argument)) {
      result.diagnostics.add(conflict(argument, *claim));
    }
    add_once(arguments, argument);
  }
  return result;
}

} // namespace imagewright::policy
