// SPDX-License-Identifier: MIT
#include <charconv>
#include <string>

#include <imagewright/base/text.hpp>

#include "command_line.hpp"
#include "roles.hpp"
#include "systemd_version.hpp"

namespace imagewright::policy {
namespace {

constexpr auto k_origin = "os.cgroup.version";
constexpr auto k_hierarchy = "systemd.unified_cgroup_hierarchy";
constexpr auto k_force = "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE";

/// systemd's NEWS: from 256 on version 1 must be forced, and 258 has it no more.
constexpr int k_first_forced = 256;
constexpr int k_first_without = 258;

using Version = model::Located<model::CgroupVersion>;

int major_of(const std::string& series) {
  int value = 0;
  std::from_chars(series.data(), series.data() + series.size(), value);
  return value;
}

void add_check(PolicyPart& part, const std::string& version) {
  part.policy.checks.push_back({.name = "cgroup version is " + version,
                                .kind = model::CheckKind::cgroup_filesystem,
                                .subject = "",
                                .expected = version == "v1" ? "tmpfs" : "cgroup2fs"});
}

void add_argument(PolicyPart& part, const Version& version, const std::string& word) {
  part.policy.kernel_arguments.push_back({word, k_origin, version.where});
}

/// The container runtime must make its groups by way of systemd under version 2, where groups have
/// one owner only; under version 1 its own way is the custom, and what kubelet's default expects.
void add_container_runtime(PolicyPart& part, const PolicyInput& input, const Version& version) {
  if (!has_role(input, "container-runtime")) return;
  const std::string word = version.value == model::CgroupVersion::v2 ? "true" : "false";
  part.policy.files.push_back(
      {.path = "/etc/containerd/config.toml",
       .permissions = 0644,
       .content = "version = 2\n\n"
                  "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\n"
                  "  runtime_type = \"io.containerd.runc.v2\"\n\n"
                  "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\n"
                  "  SystemdCgroup = " +
                  word + "\n",
       .origin = k_origin});
}

void refuse_unsupported(PolicyPart& part, const PolicyInput& input, const Version& version,
                        const model::BaselineEntry& baseline) {
  part.diagnostics.add(
      {.code = "policy.cgroup-v1-unsupported",
       .message = "systemd " + baseline.series + " of release " + base::quoted(input.release.name) +
                  " has no cgroup version 1",
       .where = version.where,
       .related = {{baseline.where, "the baseline of the release"}},
       .hint = "set os.cgroup.version to v2, or use a release with systemd 257 or older"});
}

void choose_v1(PolicyPart& part, const PolicyInput& input, const Version& version) {
  const auto* baseline = systemd_baseline(input.release);
  const int major = baseline != nullptr ? major_of(baseline->series) : 0;
  if (major >= k_first_without) refuse_unsupported(part, input, version, *baseline);
  add_argument(part, version, std::string(k_hierarchy) + "=0");
  part.claims.push_back({k_hierarchy, {"0", "no", "off", "false"}, k_origin, version.where});
  // Would take the controllers away that version 1 is about.
  part.claims.push_back({"cgroup_no_v1", {}, k_origin, version.where});
  if (major >= k_first_forced) {
    add_argument(part, version, std::string(k_force) + "=1");
    part.claims.push_back({k_force, {"1"}, k_origin, version.where});
  }
  add_check(part, "v1");
}

void choose_v2(PolicyPart& part, const PolicyInput& input, const Version& version) {
  // Where version 2 is the default the command line needs no word about it.
  if (input.release.default_cgroup_version != "v2") {
    add_argument(part, version, std::string(k_hierarchy) + "=1");
  }
  part.claims.push_back({k_hierarchy, {"1", "yes", "on", "true", ""}, k_origin, version.where});
  add_check(part, "v2");
}

/// Without a wish the release's default holds, unless somebody gave systemd's argument by hand.
void follow_release(PolicyPart& part, const PolicyInput& input) {
  if (find_given_argument(input, k_hierarchy)) return;
  const auto& version = input.release.default_cgroup_version;
  if (version == "v1" || version == "v2") add_check(part, version);
}

} // namespace

PolicyPart cgroup_policy(const PolicyInput& input) {
  PolicyPart part;
  const auto& version = input.config.os.cgroup_version;
  if (!version) {
    follow_release(part, input);
    return part;
  }
  if (version->value == model::CgroupVersion::v1) {
    choose_v1(part, input, *version);
  } else {
    choose_v2(part, input, *version);
  }
  add_container_runtime(part, input, *version);
  return part;
}

} // namespace imagewright::policy
