// SPDX-License-Identifier: MIT
#pragma once

// The kernel that a machine runs: found, and told apart from its modules, without running anything.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/install/package_files_reader.hpp>

namespace imagewright::machine {

/// A kernel, and those of its modules that a machine needs, in the order in which they are loaded.
struct GuestKernel {
  std::string origin; ///< for people: "kernel 6.6.1 of the image's packages"
  std::string image;
  std::vector<std::string> modules;
};

/// Where kernels are looked for, in this order.
struct KernelSources {
  std::filesystem::path wanted;          ///< an image or a package that the user names; empty: none
  install::TrustedPackages packages;     ///< of the image's release, for the machine's architecture
  install::PackagedFiles image_files;    ///< of an image of the machine's architecture, by paths
  std::filesystem::path host_root = "/"; ///< of this host: boot/ and lib/modules/
};

/// Patterns (base::is_at_or_below_pattern) of the paths at which kernels and what machines need of
/// their modules stand.
std::vector<std::string> kernel_patterns();

/// The first of the sources that has one. Throws base::Error (machine.no-kernel,
/// machine.kernel-unfit, and what install_packages() throws of packages that are not to be
/// trusted).
GuestKernel find_guest_kernel(const KernelSources& sources, const base::Cancellation& cancellation);

/// Whether this host has a kernel of its own that machines could run; empty: no.
std::filesystem::path find_host_kernel(const std::filesystem::path& host_root = "/");

} // namespace imagewright::machine
