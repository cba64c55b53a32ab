// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/inspect/opened_image.hpp>

#include "limits.hpp"

namespace imagewright::inspect {

namespace {

constexpr std::array k_os_release = {"/usr/lib/os-release", "/etc/os-release"};

/// Does the first word of a line in fstab mean this partition?
bool is_named_by(std::string_view source, const OpenedPartition& partition) {
  const std::size_t equals = source.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view kind = source.substr(0, equals);
  const std::string value = base::to_lower(source.substr(equals + 1));
  const disk::FilesystemFacts facts = partition.files->facts();
  if (kind == "UUID") return value == base::to_lower(facts.uuid);
  if (kind == "LABEL") return source.substr(equals + 1) == facts.label;
  if (kind == "PARTUUID") return value == partition.entry.uuid.to_string();
  return kind == "PARTLABEL" && source.substr(equals + 1) == partition.entry.label;
}

} // namespace

std::string OpenedPartition::name() const {
  return entry.label.empty() ? fmt::format("#{}", entry.number) : entry.label;
}

OpenedImage::OpenedImage(const std::filesystem::path& path,
                         std::optional<model::ImageFormat> format)
    : path_(path), disk_(image::open_image(path, format)) {
  const disk::PartitionTable table = disk::read_partition_table(*disk_);
  disk_uuid_ = table.disk_uuid;
  open_partitions(table);
  for (OpenedPartition& partition : partitions_) {
    if (root_ != nullptr || !partition.files) continue;
    const bool has_system = std::any_of(k_os_release.begin(), k_os_release.end(), [&](auto file) {
      return partition.files->resolve(file).has_value();
    });
    if (!has_system) continue;
    root_ = &partition;
    partition.mount_point = "/";
  }
  if (root_ != nullptr) find_mount_points();
}

void OpenedImage::open_partitions(const disk::PartitionTable& table) {
  for (const disk::PartitionEntry& entry : table.partitions) {
    OpenedPartition partition{.entry = entry,
                              .bytes = std::make_unique<disk::PartitionSource>(*disk_, entry),
                              .files = nullptr,
                              .mount_point = {}};
    partition.files = disk::open_filesystem(*partition.bytes);
    partitions_.push_back(std::move(partition));
  }
}

void OpenedImage::find_mount_points() {
  const auto path = root_->files->resolve("/etc/fstab");
  const auto text = path ? root_->files->read(*path, k_largest_text) : std::nullopt;
  for (const std::string& line : base::split(text.value_or(""), '\n')) {
    const std::vector<std::string> words = base::split_whitespace(line);
    if (words.size() < 2 || words[0].starts_with('#') || !words[1].starts_with('/')) continue;
    for (OpenedPartition& partition : partitions_) {
      if (&partition == root_ || !partition.files || !is_named_by(words[0], partition)) continue;
      partition.mount_point = words[1];
    }
  }
}

} // namespace imagewright::inspect
