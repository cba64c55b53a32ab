// SPDX-License-Identifier: MIT
#pragma once

// What differs between two images, two manifests or two locks, in the terms of what they describe.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/lock.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::audit {

/// One thing that is not the same on both sides.
struct Difference {
  std::string subject; ///< a path, a package, a field
  std::string aspect;  ///< "content", "mode", "label", "version"; "presence": one side
                       ///< only
  std::optional<std::string> before; ///< absent: not there on the left side
  std::optional<std::string> after;  ///< absent: not there on the right side

  bool operator==(const Difference&) const = default;
};

/// Differences of one kind: "packages", "kernel arguments", "partition root".
struct DifferenceSection {
  std::string title;
  std::vector<Difference> differences;

  bool operator==(const DifferenceSection&) const = default;
};

/// How many bytes something takes on both sides, where that is not the same.
struct SizeChange {
  std::string subject;
  std::optional<std::uint64_t> before; ///< absent: not there on the left side
  std::optional<std::uint64_t> after;  ///< absent: not there on the right side

  bool operator==(const SizeChange&) const = default;
};

/// Only sections with differences, in a fixed order.
struct Comparison {
  std::vector<DifferenceSection> sections;
  /// What could not be compared, and why: sentences for people.
  std::vector<std::string> not_compared = {};
  /// The largest change first. Of images, packages are not known by size.
  std::vector<SizeChange> package_sizes = {};
  /// By the first two parts of paths, files alone.
  std::vector<SizeChange> directory_sizes = {};

  bool is_equal() const { return sections.empty(); }
  bool operator==(const Comparison&) const = default;
};

/// Two disks with whatever is on them, however their files are formatted. Partitions whose bytes
/// are the same are not read file by file. Throws what opening an image throws.
Comparison compare_images(const inspect::OpenedImage& left, const inspect::OpenedImage& right,
                          const base::Cancellation& cancellation);

Comparison compare_manifests(const Manifest& left, const Manifest& right);

Comparison compare_locks(const model::Lock& left, const model::Lock& right);

/// A worker finds out what the files are, and compares them: both may come from anywhere. Throws
/// base::Error (audit.kinds-differ) when they are of different kinds, what reading each throws, and
/// sandbox.worker-….
Comparison compare_files(const std::filesystem::path& left, const std::filesystem::path& right,
                         const base::Cancellation& cancellation);

std::span<const sandbox::WorkerJob> worker_jobs();

/// For people: one line a difference. Nothing when there is none.
std::string to_text(const Comparison& comparison);

/// For programs.
json::Value to_json(const Comparison& comparison);

} // namespace imagewright::audit
