// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/audit/drift_rules.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kept_paths.hpp>

namespace imagewright::audit {

namespace {

constexpr std::string_view k_always = "always";
constexpr std::string_view k_after_update = "after-update";

ChangeCondition condition_from(const std::string& word, std::string_view where) {
  if (word == k_always) return ChangeCondition::always;
  if (word == k_after_update) return ChangeCondition::after_update;
  throw base::Error(base::FailureKind::input, "audit.damaged-rules",
                    fmt::format("{}: {} is no condition of a rule", where, base::quoted(word)),
                    "write \"always\" or \"after-update\"");
}

std::string pattern_from(const json::Value& value, std::string_view where) {
  const std::string* text = value.find_string();
  if (text != nullptr && text->starts_with("/") && *text != "/" && !text->ends_with("/"))
    return *text;
  throw base::Error(
      base::FailureKind::input, "audit.damaged-rules",
      fmt::format("{}: {} is no pattern of paths", where,
                  base::quoted(text == nullptr ? "(no text)" : *text)),
      "write an absolute path without a slash at its end; * stands for what has none");
}

void require_known(const json::Value& value, std::string_view where) {
  const json::Object* members = value.find_object();
  for (const auto& [name, member] : members != nullptr ? *members : json::Object{}) {
    if (name == "changing" || name == "guarded") continue;
    throw base::Error(base::FailureKind::input, "audit.damaged-rules",
                      fmt::format("{}: there is no list {}", where, base::quoted(name)),
                      "the lists are \"changing\" and \"guarded\"");
  }
}

} // namespace

DriftRules usual_drift_rules() {
  DriftRules rules;
  const auto add = [&](const char* reason, ChangeCondition condition,
                       std::initializer_list<const char*> patterns) {
    for (const char* pattern : patterns)
      rules.changing.push_back({pattern, reason, condition});
  };
  constexpr auto always = ChangeCondition::always;
  add("the kernel's or a runtime filesystem stands there", always,
      {"/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp"});
  add("the identity of this machine", always,
      {"/etc/machine-id", "/etc/hostname", "/etc/hosts", "/etc/ssh/ssh_host_*", "/etc/hostid",
       "/etc/nvme", "/etc/iscsi/initiatorname.iscsi", "/var/lib/dbus/machine-id"});
  add("networks and clocks set it", always, {"/etc/resolv.conf", "/etc/adjtime"});
  add("systemd's own notes", always,
      {"/etc/.updated", "/var/.updated", "/etc/.pwd.lock", "/var/lib/systemd/random-seed",
       "/var/lib/systemd/catalog", "/var/lib/systemd/coredump",
       "/var/lib/systemd/credential.secret", "/var/lib/systemd/pstore", "/var/lib/systemd/timers",
       "/var/lib/systemd/timesync", "/boot/efi/loader/random-seed", "/boot/loader/random-seed",
       "/var/lib/private"});
  add("the boot loader's notes", always, {"/boot/grub*/grubenv", "/boot/efi/EFI/*/grubenv"});
  add("logs, caches, mail, leases", always,
      {"/var/log", "/var/cache", "/var/spool/mail", "/var/lib/dhcp*", "/var/lib/NetworkManager",
       "/var/lib/chrony", "/var/lib/logrotate", "/root/.bash_history", "/lost+found"});
  add("the state of cloud agents", always, {"/var/lib/cloud", "/var/lib/waagent"});
  add("the state of the kubelet and of containers", always,
      {"/etc/kubernetes", "/etc/cni", "/var/lib/kubelet", "/var/lib/containerd",
       "/var/lib/containers", "/var/lib/cni", "/var/lib/etcd"});
  for (const std::string_view database : model::package_databases())
    rules.changing.push_back({std::string(database), "its entries are judged one by one", always});
  add("the package manager's notes", always, {"/var/lib/dnf", "/var/lib/yum", "/var/lib/tdnf"});
  add("made of the packages' files", ChangeCondition::after_update,
      {"/etc/ld.so.cache", "/etc/udev/hwdb.bin", "/usr/lib/udev/hwdb.bin",
       "/usr/lib/modules/*/modules.*", "/usr/share/info/dir"});
  rules.guarded = {"/boot",
                   "/usr",
                   "/etc/cron*",
                   "/etc/dnf",
                   "/etc/dracut.conf.d",
                   "/etc/environment",
                   "/etc/init.d",
                   "/etc/ld.so.conf.d",
                   "/etc/ld.so.preload",
                   "/etc/modprobe.d",
                   "/etc/modules-load.d",
                   "/etc/pam.d",
                   "/etc/pki/ca-trust/source",
                   "/etc/profile.d",
                   "/etc/rc.local",
                   "/etc/rc.d",
                   "/etc/rpm",
                   "/etc/security",
                   "/etc/selinux",
                   "/etc/ssh",
                   "/etc/sudoers.d",
                   "/etc/sysctl.d",
                   "/etc/systemd",
                   "/etc/tdnf",
                   "/etc/tmpfiles.d",
                   "/etc/udev",
                   "/etc/yum.repos.d",
                   "/home/*/.ssh",
                   "/root/.ssh",
                   "/var/lib/systemd/linger",
                   "/var/spool/cron"};
  return rules;
}

json::Value to_json(const DriftRules& rules) {
  json::Array changing;
  for (const ChangingPlace& place : rules.changing) {
    const bool is_always = place.condition == ChangeCondition::always;
    changing.push_back(json::Object{{"path", place.pattern},
                                    {"reason", place.reason},
                                    {"when", is_always ? k_always : k_after_update}});
  }
  json::Array guarded;
  for (const std::string& pattern : rules.guarded)
    guarded.emplace_back(pattern);
  return json::Object{{"changing", std::move(changing)}, {"guarded", std::move(guarded)}};
}

DriftRules drift_rules_from(const json::Value& value, std::string_view where) {
  require_known(value, where);
  DriftRules rules;
  if (value.find("changing") != nullptr) {
    for (const json::Value& place : json::array_member(value, "changing", where)) {
      rules.changing.push_back(
          {pattern_from(json::member(place, "path", where), where),
           json::string_member(place, "reason", where),
           place.find("when") == nullptr
               ? ChangeCondition::always
               : condition_from(json::string_member(place, "when", where), where)});
    }
  }
  if (value.find("guarded") != nullptr) {
    for (const json::Value& pattern : json::array_member(value, "guarded", where))
      rules.guarded.push_back(pattern_from(pattern, where));
  }
  return rules;
}

} // namespace imagewright::audit
