// SPDX-License-Identifier: MIT
#include <array>

#include <imagewright/model/image_config.hpp>
#include <imagewright/model/kept_paths.hpp>

namespace imagewright::model {
namespace {

constexpr std::array<std::string_view, 3> k_scratch{"/tmp", "/var/tmp", "/run"};

/// A path, and where what is put there ends up.
struct Emptied {
  std::string_view path;
  std::string_view directory;
};

// The links are those of the Filesystem Hierarchy Standard.
constexpr std::array<Emptied, 8> k_emptied{{{"/tmp", "/tmp"},
                                            {"/var/tmp", "/var/tmp"},
                                            {"/run", "/run"},
                                            {"/var/run", "/run"},
                                            {"/var/lock", "/run"},
                                            {"/dev", "/dev"},
                                            {"/proc", "/proc"},
                                            {"/sys", "/sys"}}};

constexpr std::array<std::string_view, 3> k_databases{"/var/lib/rpm", "/usr/lib/sysimage/rpm",
                                                      "/usr/share/rpm"};

} // namespace

std::span<const std::string_view> package_databases() {
  return k_databases;
}

std::span<const std::string_view> scratch_directories() {
  return k_scratch;
}

std::string_view emptied_directory_of(std::string_view path) {
  for (const auto& [prefix, directory] : k_emptied) {
    if (path.size() > prefix.size() && path.starts_with(prefix) && path[prefix.size()] == '/')
      return directory;
  }
  return {};
}

bool is_of_use_to_scripts(std::string_view directory, const ScriptsConfig& scripts) {
  // Of the others a script sees directories of its own.
  return directory == "/var/tmp" &&
         !(scripts.post_customization.empty() && scripts.finalize_customization.empty());
}

} // namespace imagewright::model
