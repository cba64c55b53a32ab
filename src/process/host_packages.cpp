// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include <imagewright/process/host_packages.hpp>

namespace imagewright::process {

namespace {

/// In which package something of the host comes, where packages are .deb and where they are .rpm.
struct Origin {
  std::string_view what;
  std::string_view deb;
  std::string_view rpm;
};
constexpr std::array k_origins{
    Origin{"qemu-system-x86_64", "qemu-system-x86", "qemu-system-x86-core"},
    Origin{"qemu-system-aarch64", "qemu-system-arm", "qemu-system-aarch64-core"},
    Origin{"qemu-x86_64-static", "qemu-user-static", "qemu-user-static-x86"},
    Origin{"qemu-aarch64-static", "qemu-user-static", "qemu-user-static-aarch64"},
    Origin{"UEFI firmware for x86_64", "ovmf", "edk2-ovmf"},
    Origin{"UEFI firmware for aarch64", "qemu-efi-aarch64", "edk2-aarch64"},
    Origin{"kernel for x86_64", "linux-image-cloud-amd64", "kernel"},
    Origin{"kernel for aarch64", "linux-image-cloud-arm64", "kernel"},
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

std::string how_to_install(const std::string& what) {
  const auto* origin = std::ranges::find(k_origins, what, &Origin::what);
  if (origin == k_origins.end()) return "install the package that contains it";
  if (origin->deb == origin->rpm) return fmt::format("install {}", origin->deb);
  return fmt::format("install {} (where packages are .deb) or {} (where they are .rpm)",
                     origin->deb, origin->rpm);
}

} // namespace imagewright::process
