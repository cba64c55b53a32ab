// SPDX-License-Identifier: MIT
#include "initramfs_view.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/finalize/finalize.hpp>

namespace imagewright::finalize {

namespace {

/// Here a config adds names of its own, which are looked at one by one.
constexpr std::array<std::string_view, 4> k_places{"/etc", "/home", "/opt", "/srv"};

/// An initramfs that is for every host does not hold these (dracut --no-hostonly).
constexpr std::array<std::string_view, 4> k_host_files{"/etc/hostname", "/etc/hosts", "/etc/issue",
                                                       "/etc/motd"};

/// Units of the config and links that enable units: those of an initramfs are its own.
constexpr std::string_view k_units = "/etc/systemd/system";

constexpr std::array<std::string_view, 4> k_settings{"/etc/dracut.conf", "/etc/dracut.conf.d",
                                                     "/usr/lib/dracut", "/usr/bin/dracut"};

std::string below(std::string_view directory, std::string_view name) {
  return std::string(directory) + "/" + std::string(name);
}

/// Calls `use` with the path and the content of each file at or below a path; links are not
/// followed, and have their target for a content.
template <typename Use>
void for_each_text(const fs::RootDir& files, const std::string& path, const Use& use) {
  const auto status = files.find_status(path);
  if (!status) return;
  if (status->type == fs::FileType::directory) {
    for (const std::string& name : files.list(path))
      for_each_text(files, below(path, name), use);
  } else if (status->type == fs::FileType::regular) {
    use(path, files.read(path));
  } else if (status->type == fs::FileType::symlink) {
    use(path, files.find_link_target(path).value_or(""));
  }
}

/// All that tells dracut what to do, as one text.
std::string settings_text(const fs::RootDir& files) {
  std::string text;
  for (const std::string_view place : k_settings) {
    for_each_text(files, std::string(place),
                  [&](const std::string& path, const std::string& content) {
                    text += path + "\n" + content + "\n";
                  });
  }
  return text;
}

bool is_part_of_name(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '-' || letter == '_' || letter == '.' ||
         letter == '@';
}

/// Does the text have this path, and not merely a longer name that begins alike? A variable may
/// stand for what comes before it.
bool speaks_of(std::string_view text, std::string_view path) {
  for (std::size_t at = text.find(path); at != std::string_view::npos;
       at = text.find(path, at + 1)) {
    const std::size_t end = at + path.size();
    if (end == text.size() || !is_part_of_name(text[end])) return true;
  }
  return false;
}

/// Does the text name a unit of /etc, other than those that are for the initramfs itself?
bool speaks_of_units(std::string_view text) {
  const std::string directory = std::string(k_units) + "/";
  for (std::size_t at = text.find(directory); at != std::string_view::npos;
       at = text.find(directory, at + 1)) {
    const std::string_view rest = text.substr(at + directory.size());
    if (!rest.empty() && is_part_of_name(rest.front()) && !rest.starts_with("initrd")) return true;
  }
  return false;
}

} // namespace

model::PackagedPlaces packaged_places(const fs::RootDir& files) {
  model::PackagedPlaces places;
  for (const std::string_view place : k_places) {
    for (const std::string& name : files.list(place))
      places.names.push_back(below(place, name));
  }
  std::ranges::sort(places.names);
  places.initramfs_settings = base::digest_of(settings_text(files));
  return places;
}

std::vector<std::string> names_without_say(const fs::RootDir& files,
                                           const std::optional<model::PackagedPlaces>& packaged) {
  if (!packaged) return {};
  const std::string text = settings_text(files);
  if (base::digest_of(text) != packaged->initramfs_settings) return {};
  std::vector<std::string> hidden;
  for (const std::string_view place : k_places) {
    // A link would lead to a place that is not known here.
    const auto status = files.find_status(place);
    if (!status || status->type != fs::FileType::directory) continue;
    for (const std::string& name : files.list(place)) {
      const std::string path = below(place, name);
      const bool is_of_host = std::ranges::find(k_host_files, path) != k_host_files.end();
      const bool is_packaged = std::ranges::binary_search(packaged->names, path);
      if (is_of_host || (!is_packaged && !speaks_of(text, std::string_view(path).substr(1))))
        hidden.push_back(path);
    }
  }
  const auto units = files.find_status(k_units);
  if (units && units->type == fs::FileType::directory && !speaks_of_units(text)) {
    for (const std::string& name : files.list(k_units))
      hidden.push_back(below(k_units, name));
  }
  std::ranges::sort(hidden);
  // What is below a hidden directory goes with it.
  std::vector<std::string> tops;
  for (std::string& path : hidden) {
    const bool goes_along = std::ranges::any_of(
        tops, [&](const std::string& top) { return base::is_below(path, top); });
    if (!goes_along) tops.push_back(std::move(path));
  }
  return tops;
}

} // namespace imagewright::finalize
