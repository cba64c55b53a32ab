// SPDX-License-Identifier: MIT
#include <imagewright/inspect/opened_image.hpp>

#include "limits.hpp"

namespace imagewright::inspect {

namespace {

bool is_at_or_below(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

} // namespace

bool SystemView::is_mount_point(std::string_view path) const {
  for (const OpenedPartition& partition : image_.partitions()) {
    if (partition.mount_point == path) return true;
  }
  return false;
}

std::optional<SystemView::Place> SystemView::place_of(std::string_view path) const {
  const OpenedPartition* best = nullptr;
  for (const OpenedPartition& partition : image_.partitions()) {
    const std::string& mount_point = partition.mount_point;
    if (mount_point.empty() || !is_at_or_below(path, mount_point)) continue;
    if (best == nullptr || mount_point.size() > best->mount_point.size()) best = &partition;
  }
  if (best == nullptr) return std::nullopt;
  std::string rest(best->mount_point == "/" ? path : path.substr(best->mount_point.size()));
  return Place{best->files.get(), rest.empty() ? "/" : std::move(rest)};
}

std::optional<SystemView::Place> SystemView::followed(std::string_view path) const {
  auto place = place_of(path);
  if (!place) return std::nullopt;
  auto resolved = place->files->resolve(place->path);
  if (!resolved) return std::nullopt;
  return Place{place->files, std::move(*resolved)};
}

std::optional<disk::StoredFile> SystemView::find(std::string_view path) const {
  const auto place = followed(path);
  return place ? place->files->find(place->path) : std::nullopt;
}

std::optional<std::string> SystemView::read(std::string_view path) const {
  const auto place = followed(path);
  return place ? place->files->read(place->path, k_largest_program) : std::nullopt;
}

std::vector<std::string> SystemView::list(std::string_view path) const {
  const auto place = followed(path);
  if (!place) return {};
  return place->files->list(place->path).value_or(std::vector<std::string>());
}

std::optional<std::string> SystemView::link_target(std::string_view path) const {
  const auto place = place_of(path);
  return place ? place->files->link_target(place->path) : std::nullopt;
}

} // namespace imagewright::inspect
