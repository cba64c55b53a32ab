// SPDX-License-Identifier: MIT
#include "native_programs.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/install/install.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "native_packages.hpp"
#include "pipeline/install_request.hpp"

namespace imagewright::pipeline {

namespace {

/// They handle text and files, whatever machine they run on. Not among them: what tells about the
/// machine (uname, arch, nproc), what knows formats of the machine (ldconfig, the dynamic loader),
/// and what talks to a running system.
constexpr std::array k_programs{
    "/usr/bin/basename", "/usr/bin/bash",     "/usr/bin/cat",
    "/usr/bin/chmod",    "/usr/bin/chown",    "/usr/bin/cp",
    "/usr/bin/cpio",     "/usr/bin/cut",      "/usr/bin/dash",
    "/usr/bin/dirname",  "/usr/bin/find",     "/usr/bin/getopt",
    "/usr/bin/grep",     "/usr/bin/gzip",     "/usr/bin/hardlink",
    "/usr/bin/head",     "/usr/bin/kmod",     "/usr/bin/ln",
    "/usr/bin/ls",       "/usr/bin/mawk",     "/usr/bin/mkdir",
    "/usr/bin/mknod",    "/usr/bin/mktemp",   "/usr/bin/mv",
    "/usr/bin/readlink", "/usr/bin/realpath", "/usr/bin/rm",
    "/usr/bin/rmdir",    "/usr/bin/sed",      "/usr/bin/sort",
    "/usr/bin/stat",     "/usr/bin/tail",     "/usr/bin/touch",
    "/usr/bin/tr",       "/usr/bin/uniq",     "/usr/bin/wc",
    "/usr/bin/xargs",    "/usr/bin/zstd",     "/usr/lib/dracut/dracut-install"};

std::map<std::string, std::string> versions_of(const std::vector<model::LockedPackage>& packages) {
  std::map<std::string, std::string> versions;
  for (const model::LockedPackage& package : packages)
    versions[package.nevra.name] = package.nevra.evr();
  return versions;
}

/// Only the same versions are sure to do the same.
bool has_same_versions(const model::ArchitectureLock& tools, const model::ArchitectureLock& image) {
  const auto theirs = versions_of(image.packages);
  return std::ranges::all_of(versions_of(tools.packages), [&](const auto& package) {
    const auto found = theirs.find(package.first);
    return found == theirs.end() || found->second == package.second;
  });
}

/// Where a path of a root leads to, as that root sees it: its links must not be followed elsewhere.
std::string real_path(const fs::RootDir& root, const std::string& path) {
  const fs::UniqueFd file = root.open(path, O_PATH | O_CLOEXEC);
  const auto target = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", file.get()));
  return "/" + target.lexically_relative(std::filesystem::canonical(root.host_path())).string();
}

sandbox::NativePrograms programs_in(const fs::RootDir& root, const model::Architecture& host) {
  sandbox::NativePrograms natives{.loader = real_path(root, host.loading.loader),
                                  .libraries = host.loading.libraries,
                                  .programs = {}};
  for (const char* program : k_programs) {
    if (root.exists(program)) natives.programs.emplace_back(program);
  }
  return natives;
}

const model::Architecture& this_host() {
  const model::Architecture* host = model::host_architecture();
  IMAGEWRIGHT_ASSERT(host != nullptr);
  return *host;
}

/// Runs what may fail for reasons that are not the user's.
void explained(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::InputError&) {
    throw;
  } catch (base::Error& error) {
    error.add_context("while installing programs of this host's own architecture, which a build "
                      "with --emulation full does without");
    throw;
  }
}

} // namespace

std::variant<NativeTools, NoTools> find_native_tools(const plan::ResolvedPlan& image,
                                                     const BuildOptions& options,
                                                     const plan::Services& services) {
  if (model::host_architecture() == nullptr)
    return NoTools{"nothing is known of this host's architecture"};
  std::optional<NativeTools> tools;
  std::optional<std::string> absence;
  explained([&] {
    absence = find_absence([&] {
      NativePackages packages(image, options, "initramfs", services);
      const model::ArchitectureLock& lock = packages.plan().lock;
      if (lock.packages.empty() || !has_same_versions(lock, image.lock)) return;
      tools =
          NativeTools{.lock = lock, .epoch = image.epoch, .fetched = packages.fetch(lock.packages)};
    });
  });
  if (absence) return NoTools{*absence};
  if (tools) return *std::move(tools);
  return NoTools{"the release has no tools of the same versions for this host"};
}

void install_native_tools(const NativeTools& tools, const plan::PlanOptions& options,
                          const sandbox::Emulator& emulator, const plan::Services& services) {
  explained([&] {
    const std::filesystem::path root = sandbox::native_root(emulator);
    std::filesystem::create_directories(root);
    install::InstallRequest request =
        install_request(plan_of_role(options, "initramfs"), tools.epoch, tools.fetched);
    request.thread_count = services.thread_count;
    request.scriptlets.use = install::ScriptletUse::left_out;
    request.documentation = install::Documentation::excluded;
    root::WorkRoot work({.directory = root,
                         .run_record = emulator.directory.string() + "-owners",
                         .epoch = tools.epoch,
                         .emulator = std::nullopt},
                        {});
    install::install_packages(work, request, services.cancellation, services.reporter);
    sandbox::use_native_programs(emulator, programs_in(fs::RootDir(root), this_host()));
  });
}

std::optional<std::string> add_native_programs(const plan::ResolvedPlan& plan,
                                               const BuildOptions& options,
                                               const sandbox::Emulator& emulator,
                                               const plan::Services& services) {
  const model::Architecture* host = model::host_architecture();
  report::StageScope stage(services.reporter, "native-programs", host == nullptr ? "" : host->name);
  const auto found = find_native_tools(plan, options, services);
  if (const auto* tools = std::get_if<NativeTools>(&found)) {
    install_native_tools(*tools, options.plan, emulator, services);
    return std::nullopt;
  }
  std::string reason = std::get<NoTools>(found).reason;
  stage.set_summary("everything is emulated: " + reason);
  return reason;
}

} // namespace imagewright::pipeline
