// SPDX-License-Identifier: MIT
#pragma once

// A config, a release and a layout that policy tests change to their liking.

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/policy/system_policy.hpp>

namespace policy_test {

using namespace imagewright;

inline base::SourceLocation at(std::uint32_t line) {
  return {"node.yaml", line, 1};
}
inline base::SourceLocation in_release(std::uint32_t line) {
  return {"release.yaml", line, 1};
}

struct PolicyCase {
  model::ImageConfig config;
  model::ReleaseProfile release;
  model::DiskLayout layout;
  std::string architecture = "x86_64";

  PolicyCase() {
    release.name = "test-1";
    release.where = in_release(1);
    for (const auto* role : {"kernel", "init", "initramfs", "bootloader-systemd-boot",
                             "bootloader-bios", "selinux-policy", "fips", "container-runtime"}) {
      add_role(role, std::string("the-") + role);
    }
    release.default_boot_loader = "systemd-boot";
    release.default_cgroup_version = "v2";
    release.consoles["x86_64"] = {"tty0", "ttyS0"};
    add_filesystem("/", "root");
  }

  void add_role(const std::string& role, const std::string& package) {
    release.roles[role].packages = {{package, in_release(2)}};
  }

  void add_filesystem(const std::string& mount_point, const std::string& label) {
    model::Partition partition;
    partition.label = label;
    partition.uuid = base::Uuid::from_name("test", "partition " + label);
    partition.filesystem = model::Filesystem{};
    partition.filesystem->mount_point = mount_point;
    partition.filesystem->uuid = base::Uuid::from_name("test", label);
    layout.partitions.push_back(partition);
  }

  void add_words(const std::string& words, std::uint32_t line) {
    config.os.kernel_command_line.push_back({words, at(line)});
  }

  void set_baseline(const std::string& subject, const std::string& series) {
    release.baseline.push_back({subject, series, in_release(30)});
  }

  policy::PolicyInput input() const {
    return {config, release, model::architecture(architecture), layout};
  }
  policy::SystemPolicyResult result() const { return policy::system_policy(input()); }
};

inline std::vector<std::string> words_of(const model::SystemPolicy& policy) {
  std::vector<std::string> words;
  for (const auto& argument : policy.kernel_arguments)
    words.push_back(argument.text);
  return words;
}

inline std::string line_of(const model::SystemPolicy& policy) {
  std::string line;
  for (const auto& word : words_of(policy))
    line += (line.empty() ? "" : " ") + word;
  return line;
}

inline bool has_package(const model::SystemPolicy& policy, const std::string& name) {
  return std::ranges::find(policy.packages, name, &model::PackageRequest::spec) !=
         policy.packages.end();
}

inline std::optional<std::string> expected_of(const model::SystemPolicy& policy,
                                              model::CheckKind kind) {
  const auto check = std::ranges::find(policy.checks, kind, &model::Check::kind);
  if (check == policy.checks.end()) return std::nullopt;
  return check->expected;
}

inline std::vector<std::string> codes_of(const base::Diagnostics& diagnostics) {
  std::vector<std::string> codes;
  for (const auto& diagnostic : diagnostics.items())
    codes.push_back(diagnostic.code);
  return codes;
}

using Texts = std::vector<std::string>;

} // namespace policy_test
