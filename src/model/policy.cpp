// SPDX-License-Identifier: MIT
#include <array>
#include <string_view>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/model/policy.hpp>

namespace imagewright::model {

namespace {

constexpr std::array<std::pair<CheckKind, std::string_view>, 13> k_words{{
    {CheckKind::kernel_series, "kernel-series"},
    {CheckKind::systemd_series, "systemd-series"},
    {CheckKind::package_series, "package-series"},
    {CheckKind::command_line_has, "command-line-has"},
    {CheckKind::command_line_lacks, "command-line-lacks"},
    {CheckKind::cgroup_filesystem, "cgroup-filesystem"},
    {CheckKind::selinux_mode, "selinux-mode"},
    {CheckKind::fips_enabled, "fips-enabled"},
    {CheckKind::no_failed_units, "no-failed-units"},
    {CheckKind::unit_active, "unit-active"},
    {CheckKind::unit_state, "unit-state"},
    {CheckKind::file_content, "file-content"},
    {CheckKind::command_output, "command-output"},
}};

} // namespace

std::string to_string(UnitState state) {
  switch (state) {
  case UnitState::enabled:
    return "enabled";
  case UnitState::disabled:
    return "disabled";
  case UnitState::masked:
    return "masked";
  }
  throw base::BugError("unknown unit state");
}

std::string to_string(CheckKind kind) {
  for (const auto& [candidate, word] : k_words) {
    if (candidate == kind) return std::string(word);
  }
  throw base::BugError("unknown check kind");
}

std::optional<CheckKind> find_check_kind(const std::string& word) {
  for (const auto& [kind, candidate] : k_words) {
    if (candidate == word) return kind;
  }
  return std::nullopt;
}

} // namespace imagewright::model
