// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/version_series.hpp>
#include <imagewright/inspect/image_checks.hpp>
#include <imagewright/inspect/unit_state.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "sysctl_files.hpp"

namespace imagewright::inspect {

namespace {

constexpr const char* k_only_booted = "only a booted machine can tell";

std::string one_line(std::string_view text) {
  return base::join(base::split_whitespace(text), " ");
}

class Examiner {
public:
  Examiner(const OpenedImage& image, const SystemFacts& facts)
      : view_(image),
        facts_(facts), files_{
                           .read = [this](const std::string& path) { return view_.read(path); },
                           .link_target =
                               [this](const std::string& path) { return view_.link_target(path); },
                           .list = [this](const std::string& path) { return view_.list(path); }} {}

  CheckAnswer answer(const model::Check& check) const {
    switch (check.kind) {
    case model::CheckKind::kernel_series:
      return series(check, kernel());
    case model::CheckKind::systemd_series:
      return package(check, "systemd");
    case model::CheckKind::package_series:
      return package(check, check.subject);
    case model::CheckKind::command_line_has:
    case model::CheckKind::command_line_lacks:
      return command_line(check);
    case model::CheckKind::cgroup_filesystem:
      return equality(check, facts_.cgroup_version == "1" ? "tmpfs" : "cgroup2fs");
    case model::CheckKind::selinux_mode:
      return equality(check, facts_.selinux_mode);
    case model::CheckKind::fips_enabled:
      return equality(check, facts_.is_fips ? "1" : "0");
    case model::CheckKind::unit_state:
      return equality(check, unit_state(check.subject, files_));
    case model::CheckKind::file_content:
      return file(check);
    case model::CheckKind::unit_active:
    case model::CheckKind::no_failed_units:
    case model::CheckKind::command_output:
      return not_asked(check, k_only_booted);
    }
    throw base::BugError("unknown kind of check");
  }

private:
  static CheckAnswer made(const model::Check& check, CheckOutcome outcome, std::string actual) {
    return {check.name, outcome, check.expected, std::move(actual)};
  }

  static CheckAnswer not_asked(const model::Check& check, std::string why) {
    return made(check, CheckOutcome::not_asked, std::move(why));
  }

  static CheckAnswer judged(const model::Check& check, bool holds, std::string actual) {
    return made(check, holds ? CheckOutcome::passed : CheckOutcome::failed, std::move(actual));
  }

  static CheckAnswer equality(const model::Check& check, const std::string& actual) {
    return judged(check, actual == check.expected, actual);
  }

  static CheckAnswer series(const model::Check& check, const std::optional<std::string>& version) {
    if (!version) return not_asked(check, "its files do not say which one starts");
    return judged(check, base::is_in_series(*version, check.expected), *version);
  }

  /// The release of the one that starts by itself.
  std::optional<std::string> kernel() const {
    if (facts_.kernels.size() == 1) return facts_.kernels.front();
    if (facts_.boot_entries.empty()) return std::nullopt;
    std::optional<std::string> found;
    for (const std::string& release : facts_.kernels) {
      const bool is_longer = !found || release.size() > found->size();
      if (is_longer && facts_.boot_entries.front().kernel.find(release) != std::string::npos)
        found = release;
    }
    return found;
  }

  CheckAnswer package(const model::Check& check, const std::string& name) const {
    if (!facts_.packages) return not_asked(check, "there is no package database that can be read");
    for (const model::Nevra& nevra : *facts_.packages) {
      if (nevra.name == name)
        return judged(check, base::is_in_series(nevra.version, check.expected), nevra.version);
    }
    return judged(check, false, "not installed");
  }

  CheckAnswer command_line(const model::Check& check) const {
    if (facts_.boot_entries.empty()) return not_asked(check, "it has no entry that boots it");
    const bool is_presence = check.kind == model::CheckKind::command_line_has;
    const std::string name = check.expected.substr(0, check.expected.find('='));
    std::string near;
    for (const std::string& word : model::kernel_words(facts_.kernel_command_line())) {
      const bool is_same = model::kernel_parameter(word) == model::kernel_parameter(check.expected);
      if (is_presence && is_same) return judged(check, true, word);
      if (word == name || word.starts_with(name + "=")) near = word;
    }
    const std::string actual = near.empty() ? "absent" : near;
    return judged(check, !is_presence && near.empty(), actual);
  }

  CheckAnswer file(const model::Check& check) const {
    constexpr std::string_view k_settings = "/proc/sys/";
    constexpr std::array<std::string_view, 4> k_of_running{"/proc/", "/sys/", "/dev/", "/run/"};
    if (check.subject.starts_with(k_settings)) {
      const auto setting = find_kernel_setting(check.subject.substr(k_settings.size()), files_);
      if (!setting) return not_asked(check, "no file of the image sets it");
      return judged(check, one_line(setting->value) == one_line(check.expected),
                    fmt::format("{} (in {})", setting->value, setting->file));
    }
    const bool is_of_running = std::ranges::any_of(
        k_of_running, [&](std::string_view place) { return check.subject.starts_with(place); });
    if (is_of_running) return not_asked(check, k_only_booted);
    const auto content = view_.read(check.subject);
    if (!content) return judged(check, false, "cannot be read");
    const std::string text(base::trimmed(*content));
    return judged(check, text == base::trimmed(check.expected), text.empty() ? "(empty)" : text);
  }

  SystemView view_;
  const SystemFacts& facts_;
  SystemFiles files_;
};

} // namespace

std::string_view to_string(CheckOutcome outcome) {
  switch (outcome) {
  case CheckOutcome::passed:
    return "passed";
  case CheckOutcome::failed:
    return "failed";
  case CheckOutcome::not_asked:
    return "not-asked";
  }
  throw base::BugError("unknown outcome of a check");
}

std::vector<CheckAnswer> answer_checks(std::span<const model::Check> checks,
                                       const OpenedImage& image, const SystemFacts& facts) {
  const Examiner examiner(image, facts);
  std::vector<CheckAnswer> answers;
  for (const model::Check& check : checks)
    answers.push_back(examiner.answer(check));
  return answers;
}

} // namespace imagewright::inspect
