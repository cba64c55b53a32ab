// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>

#include "lint/file_checks.hpp"
#include "lint/ini.hpp"

namespace imagewright::lint {

namespace {

constexpr const char* k_distribution = "/etc/wsl-distribution.conf";
constexpr const char* k_settings = "/etc/wsl.conf";
constexpr base::ByteSize k_largest_settings = base::ByteSize::mib(1);
constexpr base::ByteSize k_largest_picture = base::ByteSize::mib(1);

// "Build a Custom Linux Distribution for WSL", Microsoft Learn.
constexpr std::array<std::string_view, 7> k_distribution_keys{"[oobe] command",
                                                              "[oobe] defaultname",
                                                              "[oobe] defaultuid",
                                                              "[shortcut] enabled",
                                                              "[shortcut] icon",
                                                              "[windowsterminal] enabled",
                                                              "[windowsterminal] profiletemplate"};
// "Advanced settings configuration in WSL", Microsoft Learn.
constexpr std::array<std::string_view, 18> k_settings_keys{"[automount] enabled",
                                                           "[automount] ldconfig",
                                                           "[automount] mountfstab",
                                                           "[automount] options",
                                                           "[automount] root",
                                                           "[boot] command",
                                                           "[boot] initialize",
                                                           "[boot] protectbinfmt",
                                                           "[boot] systemd",
                                                           "[gpu] appendlibpath",
                                                           "[gpu] enabled",
                                                           "[interop] appendwindowspath",
                                                           "[interop] enabled",
                                                           "[network] generatehosts",
                                                           "[network] generateresolvconf",
                                                           "[network] hostname",
                                                           "[time] usewindowstimezone",
                                                           "[user] default"};

IniFile settings_of(const Subject& subject, const char* path) {
  return parse_ini(subject.files.read(path, k_largest_settings).value_or(""));
}

std::string setting(const Subject& subject, std::string_view key) {
  return settings_of(subject, k_distribution).find(key).value_or("");
}

Findings check_keys(const IniFile& file, std::span<const std::string_view> known) {
  Findings findings = file.mistakes;
  for (const auto& [key, value] : file.values) {
    if (std::ranges::find(known, key) == known.end())
      findings.push_back(fmt::format("{} is no key that WSL knows", key));
  }
  return findings;
}

Findings check_distribution_file(const Subject& subject) {
  return check_file(subject.files, {k_distribution, {0644, 0664}});
}

Findings check_distribution_keys(const Subject& subject) {
  return check_keys(settings_of(subject, k_distribution), k_distribution_keys);
}

Findings check_name(const Subject& subject) {
  const std::string name = setting(subject, "[oobe] defaultname");
  if (name.empty()) return {"oobe.defaultName is not set"};
  const bool is_plain = std::ranges::all_of(name, [](char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '.' || character == '_' ||
           character == '-';
  });
  if (is_plain) return {};
  return {fmt::format("{} has other characters", base::quoted(name))};
}

Findings check_first_run(const Subject& subject) {
  const std::string command = setting(subject, "[oobe] command");
  if (command.empty()) return {};
  Findings findings = check_file(subject.files, {command, {0755, 0775}});
  if (!is_under(command, {"/usr/lib/wsl", "/usr/libexec/wsl"}))
    findings.push_back(fmt::format("{} is not below /usr/lib/wsl or /usr/libexec/wsl", command));
  return findings;
}

Findings check_default_user(const Subject& subject) {
  const std::string uid = setting(subject, "[oobe] defaultuid");
  const bool makes_user = !setting(subject, "[oobe] command").empty();
  if (uid.empty() && makes_user) return {"oobe.command is set, and oobe.defaultUid is not"};
  if (uid.empty() || uid == "1000") return {};
  return {fmt::format("oobe.defaultUid is {}", base::quoted(uid))};
}

Findings check_icon(const Subject& subject) {
  const std::string icon = setting(subject, "[shortcut] icon");
  if (icon.empty()) return {"shortcut.icon is not set"};
  Findings findings = check_file(subject.files, {icon, {0644, 0664}});
  if (!is_under(icon, {"/usr/lib/wsl", "/usr/share/wsl"}))
    findings.push_back(fmt::format("{} is not below /usr/lib/wsl or /usr/share/wsl", icon));
  const FileFacts* facts = subject.files.find(icon);
  if (facts == nullptr || facts->type != fs::FileType::regular) return findings;
  if (facts->size > k_largest_picture.bytes())
    findings.push_back(fmt::format("{} has {} bytes", icon, facts->size));
  // ICONDIR: a zero, the type 1, and a number of pictures that is not zero.
  const std::string head = subject.files.head(icon, 6);
  if (head.size() < 6 || !head.starts_with(std::string_view("\0\0\1\0", 4)) ||
      (head[4] == 0 && head[5] == 0))
    findings.push_back(fmt::format("{} is no .ico file", icon));
  return findings;
}

Findings check_terminal(const Subject& subject) {
  const std::string profile = setting(subject, "[windowsterminal] profiletemplate");
  if (profile.empty()) return {};
  Findings findings = check_file(subject.files, {profile, {0640, 0660}});
  if (!is_under(profile, {"/usr/lib/wsl"}))
    findings.push_back(fmt::format("{} is not below /usr/lib/wsl", profile));
  const FileFacts* facts = subject.files.find(profile);
  if (facts == nullptr) return findings;
  const auto text = subject.files.read(profile, k_largest_picture);
  if (!text) {
    findings.push_back(fmt::format("{} is larger than 1 MiB", profile));
    return findings;
  }
  try {
    if (json::parse(*text, profile).find_object() == nullptr)
      findings.push_back(fmt::format("{} is no JSON object", profile));
  } catch (const base::Error& error) {
    findings.push_back(error.diagnostic().message);
  }
  return findings;
}

Findings check_settings_file(const Subject& subject) {
  return check_file(subject.files, {k_settings, {0644, 0664}});
}

Findings check_settings_keys(const Subject& subject) {
  return check_keys(settings_of(subject, k_settings), k_settings_keys);
}

Findings check_settings_left(const Subject& subject) {
  Findings findings;
  for (const auto& [key, value] : settings_of(subject, k_settings).values) {
    if (key != "[boot] systemd") findings.push_back(fmt::format("{} is set", key));
  }
  return findings;
}

constexpr std::array k_rules{
    Rule{"wsl.distribution-conf",
         "/etc/wsl-distribution.conf is there and is root's, with mode 0644 or 0664.",
         "add it; without it Windows knows neither name nor first run", check_distribution_file},
    Rule{"wsl.distribution-keys", "/etc/wsl-distribution.conf has no other keys than WSL knows.",
         "remove the key, or mend its spelling", check_distribution_keys},
    Rule{"wsl.default-name",
         "oobe.defaultName is set, of letters, digits, dots, hyphens and underscores: a double "
         "click installs under this name.",
         "set it in /etc/wsl-distribution.conf", check_name},
    Rule{"wsl.first-run",
         "What oobe.command names is a program of root's below /usr/lib/wsl or /usr/libexec/wsl, "
         "with mode 0755 or 0775.",
         "put the script there", check_first_run},
    Rule{"wsl.default-uid", "Where there is a first run, oobe.defaultUid is 1000.",
         "set it to 1000, and let the first run make this user", check_default_user},
    Rule{"wsl.icon",
         "shortcut.icon names an .ico file of root's, of at most 1 MiB, below /usr/lib/wsl or "
         "/usr/share/wsl, with mode 0644 or 0664.",
         "put the picture there, and name it", check_icon},
    Rule{"wsl.terminal-profile",
         "What windowsterminal.profileTemplate names is a JSON file of root's below "
         "/usr/lib/wsl, with mode 0640 or 0660.",
         "put the profile there", check_terminal},
    Rule{"wsl.conf", "/etc/wsl.conf is there and is root's, with mode 0644 or 0664.",
         "add it, and say there whether systemd is started", check_settings_file},
    Rule{"wsl.conf-keys", "/etc/wsl.conf has no other keys than WSL knows.",
         "remove the key, or mend its spelling", check_settings_keys},
    Rule{"wsl.conf-left-to-users",
         "/etc/wsl.conf sets boot.systemd alone: all else is for users to choose.",
         "remove the key, or allow this rule to be broken", check_settings_left},
};

} // namespace

std::span<const Rule> configuration_rules() {
  return k_rules;
}

} // namespace imagewright::lint
