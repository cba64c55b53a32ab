// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/container/node_checks.hpp>
#include <imagewright/container/store.hpp>

#include "container/toml_values.hpp"

namespace imagewright::container {

namespace {

constexpr const char* k_configuration = "/etc/containerd/config.toml";

std::string plain_path(std::string path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  return path;
}

std::vector<TomlText> configuration(const NodeFiles& files) {
  const auto text = files.find_content(k_configuration);
  return text ? toml_texts(*text) : std::vector<TomlText>();
}

/// The image in which every pod starts, where the configuration names one.
std::optional<std::string> sandbox_image(const NodeFiles& files) {
  std::optional<std::string> image;
  for (const auto& [path, value] : configuration(files)) {
    if (path.front() != "plugins") continue;
    const bool is_pinned_list =
        path.size() > 2 && path[path.size() - 2] == "pinned_images" && path.back() == "sandbox";
    if (path.back() == "sandbox_image" || is_pinned_list) image = value;
  }
  return image;
}

class NodeCheck {
public:
  NodeCheck(const NodeFacts& facts, const NodeFiles& files) : facts_(facts), files_(files) {
    const std::string store = store_directory(files);
    for (const std::string_view part : {k_blob_directory, k_database_directory})
      places_.push_back(fmt::format("{}/{}", store, part));
  }

  base::Diagnostics run() {
    check_names();
    check_sandbox_image();
    if (facts_.store == StoreUse::taken_over) return std::move(mistakes_);
    check_file_systems_table();
    check_mount_units();
    check_overlays();
    check_kernel_arguments();
    return std::move(mistakes_);
  }

private:
  void check_names() {
    std::set<std::pair<std::string, std::string>> names;
    for (const model::LockedContainerImage& image : facts_.images) {
      if (names.emplace(image.name_space, image.name).second) continue;
      mistakes_.error("container.duplicate-name",
                      fmt::format("two container images are called {}", base::quoted(image.name)),
                      facts_.where, "give one of them another \"name:\"");
    }
  }

  void check_sandbox_image() {
    const auto wanted = sandbox_image(files_);
    if (!wanted) return;
    const auto found = std::ranges::find_if(facts_.images, [&](const auto& image) {
      return image.name == *wanted && image.name_space == "k8s.io";
    });
    if (found == facts_.images.end()) {
      mistakes_.error(
          "container.sandbox-image-missing",
          fmt::format("{} starts every pod in {}, which is not among the container images",
                      k_configuration, base::quoted(*wanted)),
          facts_.where, "add it to os.containerImages, or name one that is there");
    } else if (found->pinning != model::Pinning::pinned) {
      mistakes_.error("container.sandbox-image-not-pinned",
                      fmt::format("{} starts every pod in {}, which a node short of space removes",
                                  k_configuration, base::quoted(*wanted)),
                      facts_.where, "add \"pin: true\" to it");
    }
  }

  bool hides(const std::string& mount_point) const {
    const auto is_hidden = [&](const std::string& place) {
      return base::is_at_or_below(place, mount_point) || base::is_at_or_below(mount_point, place);
    };
    return std::ranges::find(facts_.own_mount_points, mount_point) ==
               facts_.own_mount_points.end() &&
           std::ranges::any_of(places_, is_hidden);
  }

  void report(const std::string& what) {
    mistakes_.error(
        "container.hidden-store",
        fmt::format("{} hides the container images in {}", what, store_directory(files_)),
        facts_.where,
        "mount it elsewhere, make it a partition of the image, or give containerd "
        "another root");
  }

  /// fstab(5): the second word is the mount point, with octal escapes for blanks.
  void check_file_systems_table() {
    const auto text = files_.find_content("/etc/fstab");
    if (!text) return;
    for (const std::string& line : base::split(*text, '\n')) {
      const std::vector<std::string> words = base::split_whitespace(line);
      if (words.size() < 2 || words.front().starts_with('#') || !words[1].starts_with('/'))
        continue;
      const std::string mount_point = plain_path(words[1]);
      if (mount_point != "/" && hides(mount_point))
        report(fmt::format("what /etc/fstab mounts on {}", base::quoted(mount_point)));
    }
  }

  void check_mount_units() {
    for (const char* directory :
         {"/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system"}) {
      for (const std::string& name : files_.list(directory)) {
        if (!name.ends_with(".mount") && !name.ends_with(".automount")) continue;
        const auto text = files_.find_content(fmt::format("{}/{}", directory, name));
        if (text) check_mount_unit(name, *text);
      }
    }
  }

  void check_mount_unit(const std::string& name, const std::string& text) {
    for (const std::string& line : base::split(text, '\n')) {
      const std::string_view trimmed = base::trimmed(line);
      const std::size_t equals = trimmed.find('=');
      if (equals == std::string_view::npos || base::trimmed(trimmed.substr(0, equals)) != "Where")
        continue;
      const std::string mount_point =
          plain_path(std::string(base::trimmed(trimmed.substr(equals + 1))));
      if (mount_point.starts_with('/') && hides(mount_point)) {
        report(fmt::format("the unit {}, which mounts on {},", base::quoted(name),
                           base::quoted(mount_point)));
      }
    }
  }

  /// An overlay over its own place shows what is there.
  void check_overlays() {
    for (const model::OverlayConfig& overlay : facts_.overlays) {
      const auto& lower = overlay.lower_directories;
      const bool shows_it = std::ranges::find(lower, overlay.mount_point.text) != lower.end();
      if (!shows_it && hides(overlay.mount_point.text))
        report(fmt::format("the overlay on {}", base::quoted(overlay.mount_point.text)));
    }
  }

  /// systemd-volatile-root(8): a root, or /var, that is empty at each boot.
  void check_kernel_arguments() {
    for (const std::string& argument : facts_.kernel_arguments) {
      const bool is_empty_root = argument == "systemd.volatile=yes";
      const bool is_empty_var = argument == "systemd.volatile=state" && hides("/var");
      if (is_empty_root || is_empty_var)
        report(fmt::format("the kernel argument {}", base::quoted(argument)));
    }
  }

  const NodeFacts& facts_;
  const NodeFiles& files_;
  std::vector<std::string> places_;
  base::Diagnostics mistakes_;
};

} // namespace

std::string store_directory(const NodeFiles& files) {
  std::string directory(k_usual_store);
  for (const auto& [path, value] : configuration(files)) {
    if (path.size() == 1 && path.front() == "root" && value.starts_with('/'))
      directory = plain_path(value);
  }
  return directory;
}

base::Diagnostics check_node(const NodeFacts& facts, const NodeFiles& files) {
  if (facts.images.empty()) return {};
  return NodeCheck(facts, files).run();
}

} // namespace imagewright::container
