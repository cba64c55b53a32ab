// SPDX-License-Identifier: MIT
#pragma once

// The lines of fstab(5).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::inspect {

/// One line, with everything that stands for something else replaced by it.
struct FstabLine {
  std::string source;      ///< without quotes and escapes: "LABEL=my data"
  std::string mount_point; ///< absolute, without doubled slashes or one at its end
  std::string type;
  std::string options;

  bool operator==(const FstabLine&) const = default;
};

/// The subvolume that options of Btrfs name: by its path from the top, or "#5" by its number;
/// nothing when they name none.
std::optional<std::string> subvolume_of(std::string_view options);

/// Those that mount something at an absolute path.
std::vector<FstabLine> parse_fstab(std::string_view text);

/// How a source names its filesystem, in one form for all of them.
struct MountName {
  enum class Kind : std::uint8_t { uuid, label, part_uuid, part_label, number, verity, other };
  Kind kind = Kind::other;
  std::string value; ///< identifiers in lower case; of `number` the partition's, of `verity` "root"

  bool operator==(const MountName&) const = default;
};

/// Of "UUID=…", "/dev/disk/by-uuid/…", "/dev/sda2", "/dev/mapper/root" and their kin.
MountName parse_source(const std::string& source);

} // namespace imagewright::inspect
