// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/path_pattern.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/install/package_files_reader.hpp>
#include <imagewright/machine/guest_kernel.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/process/host_packages.hpp>

#include "module_order.hpp"

namespace imagewright::machine {

namespace {

/// What a machine has that a kernel may have as modules.
const std::vector<std::string> k_wanted_modules{"virtio_pci", "virtio_blk", "ext4", "binfmt_misc"};

constexpr std::array k_module_roots{"/lib/modules/*", "/usr/lib/modules/*"};
/// Below these stand the wanted modules and whatever they may need.
constexpr std::array k_module_places{"kernel/drivers/virtio",
                                     "kernel/drivers/block/virtio_blk.ko*",
                                     "kernel/fs/ext4",
                                     "kernel/fs/jbd2",
                                     "kernel/fs/mbcache.ko*",
                                     "kernel/fs/binfmt_misc.ko*",
                                     "kernel/lib",
                                     "kernel/crypto",
                                     "kernel/arch/*/crypto",
                                     "kernel/arch/*/lib",
                                     "modules.builtin"};

bool is_image(std::string_view path) {
  return base::matches_path_pattern(path, "/boot/vmlinuz-*") ||
         base::matches_path_pattern(path, "/lib/modules/*/vmlinuz") ||
         base::matches_path_pattern(path, "/usr/lib/modules/*/vmlinuz");
}

std::vector<std::string> module_patterns() {
  std::vector<std::string> patterns;
  for (const char* root : k_module_roots) {
    for (const char* place : k_module_places)
      patterns.push_back(fmt::format("{}/{}", root, place));
  }
  return patterns;
}

/// "6.6.1" of "/boot/vmlinuz-6.6.1" and of "/usr/lib/modules/6.6.1/vmlinuz".
std::string release_of(std::string_view image) {
  constexpr std::string_view k_boot = "/boot/vmlinuz-";
  if (image.starts_with(k_boot)) return std::string(image.substr(k_boot.size()));
  const std::string_view directory = image.substr(0, image.rfind('/'));
  return std::string(directory.substr(directory.rfind('/') + 1));
}

/// Of a kernel that the user names, as its header has it (Documentation/arch/x86/boot.rst of
/// Linux); else what its name says.
std::string release_in(const std::string& image, const std::string& name) {
  constexpr std::size_t k_place = 0x20e;
  constexpr std::size_t k_base = 0x200;
  if (image.size() > k_place + 1 && image.compare(0x202, 4, "HdrS") == 0) {
    const std::size_t start = k_base + static_cast<unsigned char>(image[k_place]) +
                              static_cast<unsigned char>(image[k_place + 1]) * std::size_t{256};
    if (start > k_base && start < image.size())
      return image.substr(start, image.find_first_of(std::string(" \0", 2), start) - start);
  }
  return release_of("/boot/" + name);
}

struct Found {
  std::string release;
  std::string image;
  Modules modules;
  std::set<std::string> built_in;
  bool has_list = false;
};

void take(Found& found, const std::string& path, std::string content) {
  if (path.ends_with("/modules.builtin")) {
    found.has_list = true;
    for (const std::string& line : base::split(content, '\n'))
      found.built_in.insert(module_name(base::trimmed(line)));
  } else if (std::string name = module_name(path); !name.empty()) {
    found.modules[std::move(name)] = std::move(content);
  }
}

bool is_of_release(std::string_view path, const std::string& release) {
  return path.find("/modules/" + release + "/") != std::string_view::npos;
}

/// What this kernel lacks of the wanted modules without which no machine is one; empty: nothing.
std::string missing_in(const Found& found) {
  if (!found.has_list) return {}; // nobody knows: the machine will tell
  for (const std::string& name : k_wanted_modules) {
    if (name == "binfmt_misc") continue;
    if (!found.built_in.contains(name) && !found.modules.contains(name)) return name;
  }
  return {};
}

/// Empty where it is none that images are made for.
std::string name_of_host() {
  const model::Architecture* host = model::host_architecture();
  return host == nullptr ? std::string() : host->name;
}

GuestKernel made_of(Found found, std::string origin) {
  if (const std::string missing = missing_in(found); !missing.empty()) {
    throw base::Error(
        base::FailureKind::host, "machine.kernel-unfit",
        fmt::format("{} cannot run a machine: it has no {}", origin, missing),
        "name another kernel with --machine-kernel: those of packages for cloud machines fit");
  }
  GuestKernel kernel{.origin = std::move(origin), .image = std::move(found.image), .modules = {}};
  for (const std::string& name : module_order(found.modules, k_wanted_modules))
    kernel.modules.push_back(std::move(found.modules[name]));
  return kernel;
}

/// The newest by name, so that the choice does not depend on an order.
std::optional<GuestKernel> kernel_in(install::PackagedFiles files, const std::string& whose) {
  Found found;
  for (auto& [path, content] : files) {
    if (!is_image(path)) continue;
    found.release = release_of(path);
    found.image = content;
  }
  if (found.image.empty()) return std::nullopt;
  for (auto& [path, content] : files) {
    if (is_of_release(path, found.release)) take(found, path, std::move(content));
  }
  const std::string origin = fmt::format("kernel {} of {}", found.release, whose);
  return made_of(std::move(found), origin);
}

bool is_wanted_module(const std::string& path, const std::vector<std::string>& wanted) {
  return std::ranges::any_of(wanted, [&](const std::string& pattern) {
    return base::is_at_or_below_pattern(path, pattern);
  });
}

/// Modules of this host that are not compressed; others are left to a package.
void take_from_host(Found& found, const std::filesystem::path& root) {
  const std::vector<std::string> wanted = module_patterns();
  std::error_code error;
  const std::filesystem::path top = root / "lib/modules" / found.release;
  for (auto entry = std::filesystem::recursive_directory_iterator(top, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    const std::string path = "/" + entry->path().lexically_relative(root).string();
    std::error_code ignored;
    if (!is_wanted_module(path, wanted) || !entry->is_regular_file(ignored)) continue;
    if (auto content = fs::find_file(entry->path())) take(found, path, std::move(*content));
  }
}

GuestKernel kernel_of_host(const std::filesystem::path& image, const std::filesystem::path& root) {
  Found found;
  found.image = fs::read_file(image);
  found.release = release_in(found.image, image.filename().string());
  take_from_host(found, root);
  const std::string origin = fmt::format("kernel {} ({})", found.release, image.string());
  return made_of(std::move(found), origin);
}

GuestKernel named_kernel(const KernelSources& sources, const base::Cancellation& cancellation) {
  if (sources.wanted.extension() != ".rpm")
    return kernel_of_host(sources.wanted, sources.host_root);
  auto kernel =
      kernel_in(install::read_packaged_files(std::vector<std::filesystem::path>{sources.wanted},
                                             kernel_patterns(), cancellation),
                sources.wanted.filename().string());
  if (kernel) return std::move(*kernel);
  throw base::Error(base::FailureKind::input, "machine.no-kernel",
                    fmt::format("{} has no kernel", base::quoted(sources.wanted.string())),
                    "give --machine-kernel a kernel image, or a package that has one");
}

} // namespace

std::vector<std::string> kernel_patterns() {
  std::vector<std::string> all = module_patterns();
  for (const char* image :
       {"/boot/vmlinuz-*", "/lib/modules/*/vmlinuz", "/usr/lib/modules/*/vmlinuz"})
    all.emplace_back(image);
  return all;
}

std::filesystem::path find_host_kernel(const std::filesystem::path& host_root) {
  std::set<std::filesystem::path> images;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(host_root / "boot", error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const bool is_kernel = entry->path().filename().string().starts_with("vmlinuz-");
    // Some distributions keep their kernels from users.
    if (is_kernel && ::access(entry->path().c_str(), R_OK) == 0) images.insert(entry->path());
  }
  return images.empty() ? std::filesystem::path() : *images.rbegin();
}

GuestKernel find_guest_kernel(const KernelSources& sources,
                              const base::Cancellation& cancellation) {
  if (!sources.wanted.empty()) return named_kernel(sources, cancellation);
  if (!sources.packages.packages.files.empty()) {
    auto files = install::read_packaged_files(sources.packages, kernel_patterns(), cancellation);
    if (auto kernel = kernel_in(std::move(files), "the image's release")) return std::move(*kernel);
  }
  if (auto kernel = kernel_in(sources.image_files, "the image itself")) return std::move(*kernel);
  const std::filesystem::path image = find_host_kernel(sources.host_root);
  if (!image.empty()) return kernel_of_host(image, sources.host_root);
  throw base::Error(base::FailureKind::host, "machine.no-kernel",
                    "there is no kernel for a machine: the image's release has none for this "
                    "processor, and this host neither",
                    "name one with --machine-kernel, or " +
                        process::how_to_install(fmt::format("kernel for {}", name_of_host())));
}

} // namespace imagewright::machine
