// SPDX-License-Identifier: MIT
#include "mount_points.hpp"

#include <algorithm>
#include <filesystem>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/runtime_directories.hpp>

namespace imagewright::sandbox {

bool is_on_fresh_filesystem(const std::string& path) {
  return std::ranges::any_of(std::vector<std::string>{"/dev/", "/run/", "/tmp/"},
                             [&](const std::string& prefix) { return path.starts_with(prefix); });
}

MountPoints::MountPoints(const SandboxOptions& options) : root_(options.root) {
  for (const char* directory : fs::k_runtime_directories)
    make_directory(directory);
  for (const BindMount& bind : options.bind_mounts) {
    if (is_on_fresh_filesystem(bind.target)) continue;
    if (std::filesystem::is_directory(bind.source)) {
      make_directory(bind.target);
    } else {
      make_file(bind.target);
    }
  }
}

MountPoints::~MountPoints() {
  for (auto path = made_.rbegin(); path != made_.rend(); ++path) {
    try {
      root_.remove(*path);
    } catch (const base::Error&) {
      // Something was put into it below the mount: then it belongs to the image, ignoring.
    }
  }
}

void MountPoints::make_directory(const std::string& path) {
  std::string prefix;
  for (const std::string& part : base::split(path, '/')) {
    if (part.empty()) continue;
    prefix += "/" + part;
    if (root_.exists(prefix)) continue;
    root_.make_directories(prefix);
    made_.push_back(prefix);
  }
}

void MountPoints::make_file(const std::string& path) {
  make_directory(std::filesystem::path(path).parent_path().string());
  if (root_.exists(path)) return;
  root_.write(path, "", 0644);
  made_.push_back(path);
}

} // namespace imagewright::sandbox
