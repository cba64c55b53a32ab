// SPDX-License-Identifier: MIT
#include <imagewright/base/follow_links.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/inspect/opened_image.hpp>

#include "limits.hpp"

namespace imagewright::inspect {

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
    if (mount_point.empty() || !base::is_at_or_below(path, mount_point)) continue;
    if (best == nullptr || mount_point.size() > best->mount_point.size()) best = &partition;
  }
  if (best == nullptr) return std::nullopt;
  std::string rest(best->mount_point == "/" ? path : path.substr(best->mount_point.size()));
  return Place{best->files.get(), rest.empty() ? "/" : std::move(rest)};
}

std::optional<std::string> SystemView::resolve(std::string_view path) const {
  return base::follow_links(path, [&](const std::string& name) -> std::optional<base::FoundName> {
    const auto place = place_of(name);
    return place ? place->files->look_up(place->path) : std::nullopt;
  });
}

std::optional<SystemView::Place> SystemView::followed(std::string_view path) const {
  const auto resolved = resolve(path);
  return resolved ? place_of(*resolved) : std::nullopt;
}

std::optional<disk::StoredFile> SystemView::find(std::string_view path) const {
  const auto place = followed(path);
  return place ? place->files->find(place->path) : std::nullopt;
}

std::optional<std::string> SystemView::read(std::string_view path) const {
  return read(path, k_largest_program);
}

std::optional<std::string> SystemView::read(std::string_view path, base::ByteSize limit) const {
  const auto place = followed(path);
  return place ? place->files->read(place->path, limit) : std::nullopt;
}

std::vector<std::string> SystemView::list(std::string_view path) const {
  const auto place = followed(path);
  if (!place) return {};
  return place->files->list(place->path).value_or(std::vector<std::string>());
}

std::optional<std::string> SystemView::link_target(std::string_view path) const {
  // The directory that the link is in may be behind links itself.
  const std::size_t slash = path.rfind('/');
  const auto directory =
      resolve(slash == 0 || slash == std::string_view::npos ? std::string_view("/")
                                                            : path.substr(0, slash));
  if (!directory) return std::nullopt;
  const std::string name(path.substr(slash == std::string_view::npos ? 0 : slash + 1));
  const auto place = place_of((*directory == "/" ? "" : *directory) + "/" + name);
  return place ? place->files->link_target(place->path) : std::nullopt;
}

} // namespace imagewright::inspect
