// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/image/wsl_root.hpp>

#include "lint/file_checks.hpp"
#include "lint/ini.hpp"

namespace imagewright::lint {

namespace {

constexpr base::ByteSize k_largest_text = base::ByteSize::mib(4);
constexpr std::size_t k_most_shown = 5;

std::string text_of(const Subject& subject, const char* path) {
  return subject.files.read(path, k_largest_text).value_or("");
}

std::string setting(const Subject& subject, const char* file, std::string_view key) {
  return parse_ini(text_of(subject, file)).find(key).value_or("");
}

std::vector<std::vector<std::string>> records(const std::string& text) {
  std::vector<std::vector<std::string>> all;
  for (const std::string& line : base::split(text, '\n')) {
    if (!line.empty()) all.push_back(base::split(line, ':'));
  }
  return all;
}

void cap(Findings& findings) {
  if (findings.size() <= k_most_shown) return;
  const std::size_t more = findings.size() - k_most_shown;
  findings.resize(k_most_shown);
  findings.push_back(fmt::format("and {} more", more));
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 11 &&
         std::ranges::all_of(text, [](char digit) { return digit >= '0' && digit <= '9'; });
}

Findings check_passwd(const Subject& subject) {
  Findings findings = check_file(subject.files, {"/etc/passwd", {0644, 0664}});
  std::map<std::string, std::string> names; // by uid
  for (const auto& fields : records(text_of(subject, "/etc/passwd"))) {
    if (fields.size() != 7 || !is_number(fields[2])) {
      findings.push_back(
          fmt::format("the line {} is no account", base::quoted(base::join(fields, ":"))));
      continue;
    }
    const auto [first, is_new] = names.emplace(fields[2], fields[0]);
    if (!is_new) {
      findings.push_back(
          fmt::format("{} and {} both have uid {}", first->second, fields[0], fields[2]));
    }
  }
  const auto root = names.find("0");
  if (root == names.end()) findings.push_back("nobody has uid 0");
  if (root != names.end() && root->second != "root")
    findings.push_back(fmt::format("uid 0 is called {}", base::quoted(root->second)));
  return findings;
}

Findings check_free_uid(const Subject& subject) {
  const std::string uid = setting(subject, "/etc/wsl-distribution.conf", "[oobe] defaultuid");
  if (uid.empty()) return {};
  for (const auto& fields : records(text_of(subject, "/etc/passwd"))) {
    if (fields.size() > 2 && fields[2] == uid)
      return {fmt::format("{} has uid {} already", fields[0], uid)};
  }
  return {};
}

/// What crypt(5) makes begins with "$", or is the thirteen characters of DES, or "_" and nineteen.
bool is_hash(std::string_view field) {
  while (!field.empty() && (field.front() == '!' || field.front() == '*'))
    field.remove_prefix(1);
  return field.starts_with('$') || field.size() >= 13;
}

Findings check_shadow(const Subject& subject) {
  return check_file(subject.files, {"/etc/shadow", {0, 0600, 0640}, true});
}

Findings check_hashes(const Subject& subject) {
  Findings findings;
  for (const char* file : {"/etc/shadow", "/etc/passwd", "/etc/gshadow", "/etc/shadow-"}) {
    for (const auto& fields : records(text_of(subject, file))) {
      if (fields.size() > 1 && is_hash(fields[1]))
        findings.push_back(fmt::format("{} has a password in {}", fields[0], file));
    }
  }
  return findings;
}

Findings check_program(const Subject& subject, const std::string& path) {
  Findings findings = check_file(subject.files, {path, {0755, 0775}});
  const FileFacts* facts = subject.files.find(path);
  if (facts == nullptr || facts->type != fs::FileType::regular) return findings;
  const std::string machine = machine_of(subject.files, path);
  const std::string wanted =
      subject.architecture.empty() ? machine_of(subject.files, "/bin/sh") : subject.architecture;
  if (machine.empty()) {
    findings.push_back(fmt::format("{} is no program for any architecture that is known", path));
  } else if (!wanted.empty() && machine != wanted) {
    findings.push_back(fmt::format("{} is a program for {}, not for {}", path, machine, wanted));
  }
  return findings;
}

Findings check_shells(const Subject& subject) {
  Findings findings = check_program(subject, "/bin/sh");
  for (std::string& finding : check_program(subject, "/bin/bash"))
    findings.push_back(std::move(finding));
  return findings;
}

bool is_set(const std::string& value) {
  const std::string word = base::to_lower(value);
  return word == "true" || word == "1" || word == "yes" || word == "on";
}

Findings check_init(const Subject& subject) {
  if (!is_set(setting(subject, "/etc/wsl.conf", "[boot] systemd"))) return {};
  return check_program(subject, "/sbin/init");
}

bool is_masked(const FileSet& files, const std::string& scope, const std::string& unit) {
  const FileFacts* facts = files.find_itself("/etc/systemd/" + scope + "/" + unit);
  if (facts == nullptr) return false;
  if (facts->type == fs::FileType::symlink) return facts->link_target == "/dev/null";
  return facts->type == fs::FileType::regular && facts->size == 0;
}

bool is_discouraged(std::string_view unit) {
  return std::ranges::find(image::k_units_not_for_wsl, unit) != image::k_units_not_for_wsl.end();
}

void check_units_in(const FileSet& files, const std::string& scope, Findings& findings) {
  for (const char* base :
       {"/etc/systemd/", "/usr/local/lib/systemd/", "/usr/lib/systemd/", "/lib/systemd/"}) {
    const std::string directory = base + scope;
    if (files.resolve(directory) != directory) continue; // seen under its own name
    for (const std::string& name : files.list(directory)) {
      if (!name.ends_with(".wants") && !name.ends_with(".requires")) continue;
      for (const std::string& unit : files.list(directory + "/" + name)) {
        if (is_discouraged(unit) && !is_masked(files, scope, unit))
          findings.push_back(fmt::format("{}/{}/{}", directory, name, unit));
      }
    }
  }
}

Findings check_units(const Subject& subject) {
  Findings findings;
  check_units_in(subject.files, "system", findings);
  check_units_in(subject.files, "user", findings);
  return findings;
}

Findings check_resolver(const Subject& subject) {
  if (subject.files.find_itself("/etc/resolv.conf") == nullptr) return {};
  return {"/etc/resolv.conf is there"};
}

bool is_kernel_name(std::string_view name) {
  return name.starts_with("vmlinu") || name.starts_with("initr") || name.starts_with("bzImage") ||
         name == "Image" || name == "zImage" || name.starts_with("Image-");
}

Findings check_kernel(const Subject& subject) {
  Findings findings;
  for (const auto& [path, facts] : subject.files.all()) {
    if (facts.type != fs::FileType::regular && facts.type != fs::FileType::symlink) continue;
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    const bool is_for_booting = is_under(path, {"/boot", "/efi"});
    const bool is_beside_modules = is_under(path, {"/usr/lib/modules", "/lib/modules"});
    const bool is_at_top = path.rfind('/') == 0;
    const bool is_image = is_for_booting && base::to_lower(name).ends_with(".efi");
    if (((is_for_booting || is_beside_modules || is_at_top) && is_kernel_name(name)) || is_image)
      findings.push_back(path + " is there");
  }
  cap(findings);
  return findings;
}

Findings check_attributes(const Subject& subject) {
  Findings findings;
  for (const auto& [path, facts] : subject.files.all()) {
    for (const std::string& name : facts.attributes) {
      if (name == "security.selinux" || name == "security.ima" || name == "security.evm")
        findings.push_back(fmt::format("{} has {}", path, name));
    }
  }
  cap(findings);
  return findings;
}

Findings check_release(const Subject& subject) {
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
    const std::string text = text_of(subject, path);
    if (text.starts_with("ID=") || text.find("\nID=") != std::string::npos) return {};
  }
  return {"neither /etc/os-release nor /usr/lib/os-release says what system this is (ID=)"};
}

Findings check_identity(const Subject& subject) {
  const std::string identity = text_of(subject, "/etc/machine-id");
  const std::string_view text = base::trimmed(identity);
  if (text.empty() || text == "uninitialized") return {};
  return {"/etc/machine-id holds an identity"};
}

Findings check_mounts(const Subject& subject) {
  Findings findings;
  for (const std::string& line : base::split(text_of(subject, "/etc/fstab"), '\n')) {
    const auto words = base::split_whitespace(line);
    if (words.empty() || words[0].starts_with('#')) continue;
    const bool is_disk = words[0].starts_with("/dev/") || words[0].starts_with("UUID=") ||
                         words[0].starts_with("LABEL=") || words[0].starts_with("PARTUUID=") ||
                         words[0].starts_with("PARTLABEL=");
    if (is_disk) findings.push_back(fmt::format("/etc/fstab mounts {}", words[0]));
  }
  return findings;
}

constexpr std::array k_rules{
    Rule{"wsl.passwd",
         "/etc/passwd is root's, with mode 0644 or 0664, each uid is there once, and 0 is root.",
         "mend the accounts", check_passwd},
    Rule{"wsl.default-uid-is-free", "No account has the uid that the first run is to make.",
         "remove the account, or set no oobe.defaultUid", check_free_uid},
    Rule{"wsl.shadow", "/etc/shadow is root's, with mode 0640, 0600 or 0000.", "set its mode",
         check_shadow},
    Rule{"wsl.no-passwords", "No account has a password.",
         "lock the accounts: the first run asks for one", check_hashes},
    Rule{
        "wsl.shells",
        "/bin/sh and /bin/bash are programs for this architecture, root's, with mode 0755 or 0775.",
        "install them", check_shells},
    Rule{"wsl.init",
         "Where boot.systemd is set, /sbin/init is a program for this architecture, root's, with "
         "mode 0755 or 0775.",
         "install systemd, or set boot.systemd to false", check_init},
    Rule{"wsl.units",
         "Units that take from Windows what is its own (network, names, /tmp) are not enabled.",
         "mask them", check_units},
    Rule{"wsl.no-resolv-conf", "There is no /etc/resolv.conf: Windows writes it.", "remove it",
         check_resolver},
    Rule{"wsl.no-kernel", "There is no kernel, initramfs or boot loader: Windows brings its own.",
         "leave them out", check_kernel},
    Rule{"wsl.no-labels", "No file has attributes of SELinux, IMA or EVM.",
         "make the archive without them", check_attributes},
    Rule{"wsl.os-release", "os-release says what system this is.", "add /usr/lib/os-release",
         check_release},
    Rule{"wsl.no-machine-id", "There is no machine's identity: each installation needs its own.",
         "leave /etc/machine-id empty", check_identity},
    Rule{"wsl.no-mounts", "/etc/fstab mounts no disks: there are none.", "remove the lines",
         check_mounts},
};

} // namespace

std::span<const Rule> root_rules() {
  return k_rules;
}

} // namespace imagewright::lint
