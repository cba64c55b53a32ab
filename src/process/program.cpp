// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/process/program.hpp>

namespace imagewright::process {

namespace {

bool is_executable_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

/// In which package a program of the host comes, where packages are .deb and where they are .rpm.
struct Origin {
  std::string_view program;
  std::string_view deb;
  std::string_view rpm;
};
constexpr std::array k_origins{
    Origin{"qemu-system-x86_64", "qemu-system-x86", "qemu-system-x86-core"},
    Origin{"qemu-system-aarch64", "qemu-system-arm", "qemu-system-aarch64-core"},
    Origin{"qemu-img", "qemu-utils", "qemu-img"},
    Origin{"debugfs", "e2fsprogs", "e2fsprogs"},
    Origin{"gpg", "gpg", "gnupg2"},
    Origin{"ssh", "openssh-client", "openssh-clients"},
    Origin{"ssh-keygen", "openssh-client", "openssh"},
    Origin{"swtpm", "swtpm", "swtpm"},
    Origin{"swtpm_setup", "swtpm-tools", "swtpm-tools"},
    Origin{"newuidmap", "uidmap", "shadow-utils"},
};

} // namespace

std::optional<std::filesystem::path> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (is_executable_file(name)) return name;
    return std::nullopt;
  }
  if (name.empty()) return std::nullopt;
  for (const std::string& directory : base::split(k_program_path, ':')) {
    const std::string path = directory + "/" + name;
    if (is_executable_file(path)) return path;
  }
  return std::nullopt;
}

std::filesystem::path program(const std::string& name) {
  if (auto path = find_program(name)) return *path;
  throw base::Error(base::FailureKind::host, "process.missing-tool",
                    "the program " + base::quoted(name) + " is not on this host",
                    how_to_install(name));
}

std::string how_to_install(const std::string& name) {
  const auto* origin = std::ranges::find(k_origins, name, &Origin::program);
  if (origin == k_origins.end()) return "install the package that contains it";
  if (origin->deb == origin->rpm) return fmt::format("install {}", origin->deb);
  return fmt::format("install {} (where packages are .deb) or {} (where they are .rpm)",
                     origin->deb, origin->rpm);
}

} // namespace imagewright::process
