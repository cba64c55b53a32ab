// SPDX-License-Identifier: MIT
#include "boot/guest_script.hpp"

#include <fmt/format.h>

#include <imagewright/base/shell.hpp>

#include "boot/answers.hpp"
#include "boot/qemu_arguments.hpp"

namespace imagewright::boot {

namespace {

/// Takes the port (0), the serial device (1), the word that marks answers (2).
constexpr std::string_view k_prologue = R"sh(#!/bin/sh
# Gathers facts about the running system, sends them to the host and powers the machine off.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
SYSTEMD_COLORS=0
SYSTEMD_PAGER=
export PATH LC_ALL SYSTEMD_COLORS SYSTEMD_PAGER
port=/dev/virtio-ports/{0}
tries=0
while [ ! -e "$port" ] && [ "$tries" -lt 20 ]; do
  sleep 0.5
  tries=$((tries + 1))
done
[ -e "$port" ] || port=/dev/{1}
exec 3>"$port"
count=0
encoded() {{
  printf '%s' "$1" | head -c 65536 | base64 | tr -d '\n'
}}
answer() {{
  key=$1
  shift
  output=$("$@" 2>/dev/null)
  status=$?
  count=$((count + 1))
  printf '\n{2} %s %s %s\n' "$key" "$status" "$(encoded "$output")" >&3
}}
)sh";

constexpr std::string_view k_questions = R"sh(
selinux_mode() {
  # Without a policy every context is the initial one, whatever the "enforce" file says.
  context=$(tr -d '\000\n' </proc/1/attr/current)
  if [ ! -e /sys/fs/selinux/enforce ] || [ -z "$context" ] || [ "$context" = kernel ]; then
    echo disabled
  elif [ "$(cat /sys/fs/selinux/enforce)" = 1 ]; then
    echo enforcing
  else
    echo permissive
  fi
}
fips_enabled() {
  cat /proc/sys/crypto/fips_enabled 2>/dev/null || echo 0
}
failed_units() {
  systemctl list-units --failed --all --plain --no-legend >/run/imagewright-failed || return
  while read -r unit rest; do echo "$unit"; done </run/imagewright-failed
}
failed_units_status() {
  for unit in $(failed_units); do systemctl status --no-pager --lines=10 "$unit"; done
}
package_version() {
  # A guest without rpm, or without its database, has no opinion.
  [ -n "$(rpm -qa 2>/dev/null | head -n 1)" ] || return 126
  rpm -q --qf '%{VERSION}-%{RELEASE}\n' "$1"
}
registers() {
  for bank in sha256 sha384; do
    for file in /sys/class/tpm/tpm0/pcr-$bank/*; do
      [ -e "$file" ] && echo "$bank:${file##*/} $(cat "$file")"
    done
  done
  return 0
}
answer kernel-release uname -r
answer systemd-version systemctl --version
answer command-line cat /proc/cmdline
answer cgroup-filesystem stat -f -c %T /sys/fs/cgroup
answer selinux-mode selinux_mode
answer fips-enabled fips_enabled
answer system-state systemctl is-system-running
answer failed-units failed_units
answer failed-units-status failed_units_status
answer os-release cat /etc/os-release
answer registers registers
answer startup systemctl show --value -p FinishTimestampMonotonic
)sh";

/// The machine must go down even where a policy or a stuck service is in the way.
constexpr std::string_view k_epilogue = R"sh(
exec 3>&-
sync
systemctl poweroff --no-block || systemctl poweroff --force --force
)sh";

std::string question(const std::string& key, const model::Check& check) {
  const std::string subject = base::shell_quoted(check.subject);
  switch (check.kind) {
  case model::CheckKind::package_series:
    return fmt::format("answer {} package_version {}\n", key, subject);
  case model::CheckKind::unit_active:
    return fmt::format("answer {} systemctl is-active -- {}\n", key, subject);
  case model::CheckKind::unit_state:
    return fmt::format("answer {} systemctl is-enabled -- {}\n", key, subject);
  case model::CheckKind::file_content:
    return fmt::format("answer {} cat -- {}\n", key, subject);
  case model::CheckKind::command_output:
    return fmt::format("answer {} sh -c {}\n", key, subject);
  case model::CheckKind::kernel_series:
  case model::CheckKind::systemd_series:
  case model::CheckKind::command_line_has:
  case model::CheckKind::command_line_lacks:
  case model::CheckKind::cgroup_filesystem:
  case model::CheckKind::selinux_mode:
  case model::CheckKind::fips_enabled:
  case model::CheckKind::no_failed_units:
    return {}; // The general facts answer these.
  }
  return {};
}

} // namespace

std::string answer_key(std::size_t check_index) {
  return fmt::format("check:{}", check_index);
}

std::string guest_unit_with(std::string_view command) {
  // A one-shot service would be a job that is never done while the script waits for the jobs to be
  // done.
  return fmt::format("[Unit]\n"
                     "Description=Answers to the questions of the host\n"
                     "After=multi-user.target\n"
                     "\n"
                     "[Service]\n"
                     "Type=simple\n"
                     "ExecStart={}\n"
                     "TimeoutStopSec=5s\n",
                     command);
}

std::string guest_unit() {
  return guest_unit_with(fmt::format("{}/{}", k_unit_directory, k_script_name));
}

std::string guest_drop_in() {
  return fmt::format("[Unit]\nWants={}\n", k_unit_name);
}

std::string guest_script(std::span<const model::Check> checks, const GuestScriptOptions& options) {
  std::string script =
      fmt::format(k_prologue, k_answer_port, options.serial_console, k_answer_mark);
  script += fmt::format("timeout {} systemctl is-system-running --wait >/dev/null 2>&1\n",
                        options.patience.count());
  script += k_questions;
  for (std::size_t index = 0; index < checks.size(); ++index) {
    script += question(answer_key(index), checks[index]);
  }
  script += fmt::format("printf '\\n{} {} %s -\\n' \"$count\" >&3\n", k_answer_mark, k_end_key);
  script += k_epilogue;
  return script;
}

} // namespace imagewright::boot
