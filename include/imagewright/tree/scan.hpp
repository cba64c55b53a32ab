// SPDX-License-Identifier: MIT
#pragma once

// Reads a sealed root into a table.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/stat.h>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/root/work_root.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::tree {

/// A device node that a package has and the host could not make.
struct DeviceNode {
  fs::FileType type = fs::FileType::character_device;
  DeviceNumber number;

  bool operator==(const DeviceNode&) const = default;
};

/// What is right about one path, whatever the host stores. Absent fields keep what the host says.
struct MetadataOverride {
  std::optional<uid_t> owner;
  std::optional<gid_t> group;
  std::optional<mode_t> permissions;
  /// The value of security.capability in the kernel's format; empty text removes it.
  std::optional<std::string> capability;
  /// The placeholder file at this path becomes a device node.
  std::optional<DeviceNode> device;

  bool operator==(const MetadataOverride&) const = default;
};

/// As in /etc/subuid and uid_map: `count` ids from `host` on are those from `image` on.
struct IdRange {
  std::uint32_t image = 0;
  std::uint32_t host = 0;
  std::uint32_t count = 0;

  bool operator==(const IdRange&) const = default;
};

struct ScanOptions {
  /// No time in the tree is later. A file written during the build, which has such a time, gets
  /// exactly this one.
  base::Epoch epoch;
  /// By path as the image sees it; a path that does not exist is an error
  /// (tree.override-without-file).
  std::map<std::string, MetadataOverride, std::less<>> overrides;
  /// What else is known about a path, if there is such a file; comes before `overrides`. Absent:
  /// nothing is known.
  std::function<std::optional<MetadataOverride>(const std::string& path)> find_override;
  /// How the ids of a user namespace were mapped; empty: ids are what the host says.
  std::vector<IdRange> user_ids;
  std::vector<IdRange> group_ids;
  /// Of what would be left out: true keeps it. Absent: it is left out.
  std::function<bool(const std::string& path, const struct stat& status)> keeps;
  /// Has the last word about an inode, once, by its first name: for files of which more is known
  /// than the host stores. Absent: nothing is changed.
  std::function<void(const std::string& path, const struct stat& status, Inode& inode)> complete;
};

/// The tree below `root.path`. Links are not followed and mounts not entered. Left out: what stands
/// in /proc, /sys, /dev, /run and /tmp (the directories stay), sockets, the write-ahead files of
/// the package database, and extended attributes that belong to the host (SELinux labels above
/// all). Kernels and everything below /boot have no holes. Throws base::Error (tree.cannot-read,
/// tree.foreign-owner, tree.override-without-file).
RootTree scan(const model::SealedRoot& root, const ScanOptions& options,
              const base::Cancellation& cancellation);

/// Likewise, with what the root's record says and no time that is later than its epoch.
RootTree scan(const root::WorkRoot& root, const base::Cancellation& cancellation);

/// What those options are, for callers that know more. `root` must outlive them.
ScanOptions scan_options_of(const root::WorkRoot& root);

} // namespace imagewright::tree
