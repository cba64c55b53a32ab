// SPDX-License-Identifier: MIT
#pragma once

// What a config implies for the running system, as data that finalize carries out and boot
// verifies.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/source_location.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::model {

/// One word of the kernel command line.
struct KernelArgument {
  std::string text;
  std::string origin; ///< "os.selinux.mode", "release workbench", …
  std::optional<base::SourceLocation> where;

  bool operator==(const KernelArgument&) const = default;
};

/// An argument that is not on the command line, and what it gave way to.
struct YieldedArgument {
  KernelArgument argument;
  KernelArgument winner;

  bool operator==(const YieldedArgument&) const = default;
};

/// A file that has to be in the image with exactly this content, owned by root.
struct PolicyFile {
  std::string path;
  mode_t permissions = 0644;
  std::string content;
  std::string origin;

  bool operator==(const PolicyFile&) const = default;
};

/// A KEY=VALUE line that a file of the packages must have; every other line stays.
struct PolicySetting {
  std::string path;
  std::string key;
  std::string value;
  /// What when the packages brought no such file.
  enum class Absence : std::uint8_t { refused, ignored } absence = Absence::refused;
  std::string hint; ///< what to do about a refused absence
  std::string origin;

  bool operator==(const PolicySetting&) const = default;
};

/// Whether files carry SELinux labels.
enum class FileLabels : std::uint8_t {
  none,
  required,
  automatic, ///< when the root has a policy and /etc/selinux/config does not disable it
};

enum class UnitState : std::uint8_t { enabled, disabled, masked };

/// "enabled", "disabled", "masked"
std::string to_string(UnitState state);

struct UnitChange {
  std::string unit;
  UnitState state = UnitState::enabled;
  std::string origin;
  std::optional<base::SourceLocation> where;

  bool operator==(const UnitChange&) const = default;
};

enum class CheckKind : std::uint8_t {
  kernel_series,  ///< `uname -r` starts with `expected` as a series: 6.6 matches 6.6.1 and not 6.60
  systemd_series, ///< likewise for the version that systemd reports
  package_series, ///< likewise for the version of the package `subject` in the rpmdb
  command_line_has,   ///< the word `expected` is on the kernel command line
  command_line_lacks, ///< no word of the kernel command line is `expected` or starts with it and
                      ///< "="
  cgroup_filesystem,  ///< type of the filesystem at /sys/fs/cgroup: "cgroup2fs" or "tmpfs"
  selinux_mode,       ///< "disabled", "permissive" or "enforcing"
  fips_enabled,       ///< /proc/sys/crypto/fips_enabled: "0" or "1"; an absent file counts as "0"
  no_failed_units,    ///< `systemctl --failed` lists nothing
  unit_active,        ///< the unit `subject` is active
  unit_state,         ///< the unit `subject` is `expected`: "enabled", "disabled" or "masked"
  file_content,       ///< the trimmed content of the file `subject` equals `expected`
  command_output, ///< the command `subject` exits 0 and its trimmed output equals `expected` (any,
                  ///< when empty)
};

/// The stable word for a kind, as written in manifests: "kernel-series", …
std::string to_string(CheckKind kind);
/// Nothing when the word is not a kind.
std::optional<CheckKind> find_check_kind(const std::string& word);

/// Something that must be true in the finished image.
struct Check {
  std::string name; ///< for people: "kernel is 6.1"
  CheckKind kind = CheckKind::no_failed_units;
  std::string subject;
  std::string expected;

  bool operator==(const Check&) const = default;
};

/// A file without which a kernel of the image would not boot.
struct KernelCompanion {
  std::string name; ///< beside the kernel's image, whose name "@image@" stands for
  std::string origin;

  bool operator==(const KernelCompanion&) const = default;
};

/// Which of several kernels boots by itself. Where a wish is empty, the newest of those that are
/// left.
struct DefaultKernel {
  std::string package; ///< specification of its package, or of one that requires it; empty: any
  std::string series;  ///< empty: any

  bool operator==(const DefaultKernel&) const = default;
};

/// What one policy function yields, and all of them together.
struct SystemPolicy {
  std::vector<PackageRequest> packages;
  std::vector<KernelArgument> kernel_arguments;
  /// Words of the program and of the release; never the user's.
  std::vector<YieldedArgument> yielded_arguments;
  std::vector<PolicyFile> files;
  std::vector<PolicySetting> settings;
  std::vector<UnitChange> units;
  FileLabels file_labels = FileLabels::automatic;
  std::vector<std::string> initramfs_modules; ///< dracut modules
  std::vector<std::string> initramfs_drivers; ///< kernel modules
  std::vector<KernelCompanion> kernel_companions;
  DefaultKernel default_kernel;
  std::vector<Check> checks;

  bool operator==(const SystemPolicy&) const = default;
};

} // namespace imagewright::model
