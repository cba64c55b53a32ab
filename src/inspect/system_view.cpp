// SPDX-License-Identifier: MIT
#include <deque>

#include <imagewright/base/text.hpp>
#include <imagewright/inspect/opened_image.hpp>

#include "limits.hpp"

namespace imagewright::inspect {

namespace {

constexpr int k_most_links = 40;

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

std::optional<std::string> SystemView::resolve(std::string_view path) const {
  std::deque<std::string> parts;
  const auto push_front = [&parts](std::string_view more) {
    const std::vector<std::string> pieces = base::split(more, '/');
    for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
      if (!piece->empty() && *piece != ".") parts.push_front(*piece);
    }
  };
  push_front(path);
  std::string resolved;
  int links = 0;
  while (!parts.empty()) {
    const std::string part = parts.front();
    parts.pop_front();
    if (part == "..") {
      resolved.resize(resolved.empty() ? 0 : resolved.rfind('/'));
      continue;
    }
    const std::string next = resolved + "/" + part;
    const auto place = place_of(next);
    const auto found = place ? place->files->find(place->path) : std::nullopt;
    if (!found) return std::nullopt;
    if (found->type != fs::FileType::symlink) {
      resolved = next;
      continue;
    }
    const auto target = place->files->link_target(place->path);
    if (!target || ++links > k_most_links) return std::nullopt;
    if (target->starts_with('/')) resolved.clear();
    push_front(*target);
  }
  return resolved.empty() ? "/" : resolved;
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
