// SPDX-License-Identifier: MIT
#include "command_line.hpp"

#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "command_line_fitness.hpp"
#include "removed_arguments.hpp"
#include "roles.hpp"

namespace imagewright::policy {
namespace {

constexpr auto k_user_origin = "os.kernelCommandLine.extraCommandLine";

bool agrees(const ArgumentClaim& claim, const model::KernelArgument& argument) {
  const auto parameter = model::kernel_parameter(argument.text);
  if (!model::is_same_parameter(claim.key, parameter.name)) return true;
  return std::ranges::find(claim.allowed, parameter.value.value_or("")) != claim.allowed.end();
}

const ArgumentClaim* find_contradiction(const std::vector<ArgumentClaim>& claims,
                                        const model::KernelArgument& argument) {
  const auto claim =
      std::ranges::find_if(claims, [&](const auto& each) { return !agrees(each, argument); });
  return claim == claims.end() ? nullptr : &*claim;
}

base::Diagnostic conflict(const model::KernelArgument& argument, const ArgumentClaim& claim) {
  base::Diagnostic told{.code = "policy.command-line-conflict",
                        .message = "the kernel argument " + base::quoted(argument.text) +
                                   " contradicts " + claim.origin,
                        .where = argument.where,
                        .hint = "remove the argument, or change " + claim.origin};
  // What the config leaves to the release stands nowhere in it.
  if (!claim.where.file.empty())
    told.related.push_back({claim.where, claim.origin + " is decided here"});
  return told;
}

/// What the claim says in place of the word that contradicts it.
model::KernelArgument claimed(const ArgumentClaim& claim) {
  return {.text = claim.allowed.empty() ? "no " + claim.key : claim.key + "=" + claim.allowed[0],
          .origin = claim.origin,
          .where = claim.where};
}

bool is_flag(const model::KernelArgument& argument) {
  return !model::kernel_parameter(argument.text).value;
}

/// Whether one parameter has several values: what stands between them may belong to one of these.
bool has_two_values(const std::vector<model::KernelArgument>& arguments) {
  return std::ranges::any_of(arguments, [&](const auto& left) {
    const auto first = model::kernel_parameter(left.text);
    return std::ranges::any_of(arguments, [&](const auto& right) {
      const auto second = model::kernel_parameter(right.text);
      return model::is_same_parameter(first.name, second.name) && first.value != second.value;
    });
  });
}

/// Puts the words of several sources together. Those of the program give way to equal ones of
/// another source; the user's are never touched, and the release's give way to the user's only
/// where number and order cannot count ("hugepagesz=1G hugepages=16 hugepagesz=2M hugepages=16",
/// "console=tty0 console=ttyS0").
class Merger {
public:
  using Arguments = std::vector<model::KernelArgument>;

  Merger(model::SystemPolicy& policy, const model::ImageConfig& config, Arguments user)
      : policy_(policy), config_(config), user_(std::move(user)), kernels_(kernels_of(user_)) {}

  /// The release's words, which come later and count already; those that the config removes give
  /// way at once.
  void expect_release(Arguments release) {
    for (model::KernelArgument& argument : release) {
      if (!gives_way_to_removal(argument)) release_.push_back(std::move(argument));
    }
  }

  /// Words of the program. Nothing gives way to another word of the same source.
  void add(const Arguments& source) {
    const auto before = policy_.kernel_arguments;
    for (const auto& argument : source) {
      if (gives_way_to_removal(argument)) continue;
      const auto* winner = find_same(kernels_, argument);
      if (winner == nullptr) winner = find_same(release_, argument);
      if (winner == nullptr) winner = find_same(before, argument);
      put(argument, winner);
    }
  }

  void add_release() {
    Arguments all = release_;
    all.insert(all.end(), kernels_.begin(), kernels_.end());
    const bool counts = has_two_values(all);
    for (const auto& argument : release_) {
      const bool stays = counts && !is_flag(argument);
      put(argument, stays ? nullptr : find_same(kernels_, argument));
    }
  }

  void give_way(const model::KernelArgument& argument, const model::KernelArgument& winner) {
    policy_.yielded_arguments.push_back({argument, winner});
  }

  void add_user() {
    auto& arguments = policy_.kernel_arguments;
    arguments.insert(arguments.end(), user_.begin(), user_.end());
  }

private:
  /// Without those behind "--", which are for the first program.
  static Arguments kernels_of(const Arguments& words) {
    return {words.begin(), std::ranges::find(words, "--", &model::KernelArgument::text)};
  }

  bool gives_way_to_removal(const model::KernelArgument& argument) {
    const auto* removal = find_removal(config_, argument);
    if (removal == nullptr) return false;
    give_way(argument,
             {.text = "nothing", .origin = "os.kernelCommandLine.remove", .where = removal->where});
    return true;
  }

  void put(const model::KernelArgument& argument, const model::KernelArgument* winner) {
    if (winner == nullptr)
      policy_.kernel_arguments.push_back(argument);
    else
      give_way(argument, *winner);
  }

  static const model::KernelArgument* find_same(const Arguments& arguments,
                                                const model::KernelArgument& wanted) {
    const auto parameter = model::kernel_parameter(wanted.text);
    const auto found = std::ranges::find_if(arguments, [&](const auto& each) {
      return model::kernel_parameter(each.text) == parameter;
    });
    return found == arguments.end() ? nullptr : &*found;
  }

  model::SystemPolicy& policy_;
  const model::ImageConfig& config_;
  Arguments user_;
  Arguments kernels_;
  Arguments release_;
};

std::vector<model::KernelArgument>
agreeing_release_arguments(const PolicyInput& input, const std::vector<ArgumentClaim>& claims,
                           Merger& merger) {
  std::vector<model::KernelArgument> arguments;
  for (auto& argument : release_arguments(input)) {
    if (const auto* claim = find_contradiction(claims, argument)) {
      merger.give_way(argument, claimed(*claim));
    } else {
      arguments.push_back(std::move(argument));
    }
  }
  return arguments;
}

} // namespace

std::string key_of(const std::string& word) {
  return model::kernel_parameter(word).name;
}

std::string value_of(const std::string& word) {
  return model::kernel_parameter(word).value.value_or("");
}

std::vector<model::KernelArgument> user_arguments(const model::ImageConfig& config) {
  std::vector<model::KernelArgument> arguments;
  for (const auto& entry : config.os.kernel_command_line) {
    for (auto& word : model::kernel_words(entry.text))
      arguments.push_back({.text = std::move(word), .origin = k_user_origin, .where = entry.where});
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
  const auto add = [&](const std::vector<std::string>& source, const std::string& origin,
                       const base::SourceLocation& where) {
    for (const auto& entry : source) {
      for (auto& word : model::kernel_words(entry))
        arguments.push_back({.text = std::move(word), .origin = origin, .where = where});
    }
  };
  add(entries, "release " + release.name, release.where);
  const auto* facts = platform_facts(input);
  if (facts == nullptr) return arguments;
  add(facts->kernel_arguments, platform_origin(input), facts->where);
  const auto more = facts->architecture_kernel_arguments.find(input.architecture.name);
  if (more != facts->architecture_kernel_arguments.end())
    add(more->second, platform_origin(input), facts->where);
  return arguments;
}

std::optional<model::KernelArgument> find_given_argument(const PolicyInput& input,
                                                         const std::string& key) {
  std::optional<model::KernelArgument> found;
  const auto look = [&](const std::vector<model::KernelArgument>& arguments) {
    for (const auto& argument : arguments) {
      if (model::is_same_parameter(key_of(argument.text), key)) found = argument;
    }
  };
  look(release_arguments(input));
  look(user_arguments(input.config));
  return found;
}

SystemPolicyResult with_command_line(const PolicyInput& input, const std::vector<PolicyPart>& parts,
                                     const std::vector<ArgumentClaim>& claims) {
  SystemPolicyResult result;
  const auto user = user_arguments(input.config);
  Merger merger(result.policy, input.config, user);
  // The first part is the boot policy's: root and consoles.
  IMAGEWRIGHT_ASSERT(!parts.empty());
  merger.expect_release(agreeing_release_arguments(input, claims, merger));
  merger.add(parts.front().policy.kernel_arguments);
  merger.add_release();
  for (std::size_t i = 1; i < parts.size(); ++i)
    merger.add(parts[i].policy.kernel_arguments);
  merger.add_user();
  result.diagnostics.append(refuse_vain_removals(input, result.policy.kernel_arguments));
  for (const auto& argument : user) {
    if (const auto* claim = find_contradiction(claims, argument))
      result.diagnostics.add(conflict(argument, *claim));
  }
  refuse_unfit_command_line(input, result.policy.kernel_arguments, result.diagnostics);
  return result;
}

} // namespace imagewright::policy
