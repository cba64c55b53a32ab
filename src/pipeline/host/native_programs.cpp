// SPDX-License-Identifier: MIT
#include "native_programs.hpp"

#include <algorithm>
#include <array>
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

class NativeTools {
public:
  NativeTools(const plan::ResolvedPlan& plan, const BuildOptions& options,
              const model::Architecture& host, const plan::Services& services)
      : image_(plan), options_(options), host_(host), services_(services) {}

  /// False when the release has no such tools in the same versions.
  bool install(const sandbox::Emulator& emulator) {
    NativePackages packages(image_, options_, "initramfs", services_);
    tools_ = packages.plan();
    if (tools_.lock.packages.empty() || !has_same_versions(tools_.lock, image_.lock)) return false;
    const FetchedPackages fetched = packages.fetch(tools_.lock.packages);
    const std::filesystem::path root = sandbox::native_root(emulator);
    std::filesystem::create_directories(root);
    install::InstallRequest request = install_request(tools_, fetched);
    request.thread_count = services_.thread_count;
    request.scriptlets.use = install::ScriptletUse::left_out;
    request.documentation = install::Documentation::excluded;
    root::WorkRoot work({.directory = root,
                         .run_record = emulator.directory.string() + "-owners",
                         .epoch = tools_.epoch,
                         .emulator = std::nullopt},
                        {});
    install::install_packages(work, request, services_.cancellation, services_.reporter);
    sandbox::use_native_programs(emulator, programs_in(fs::RootDir(root)));
    return true;
  }

private:
  sandbox::NativePrograms programs_in(const fs::RootDir& root) const {
    sandbox::NativePrograms natives{.loader = real_path(root, host_.loading.loader),
                                    .libraries = host_.loading.libraries,
                                    .programs = {}};
    for (const char* program : k_programs) {
      if (root.exists(program)) natives.programs.emplace_back(program);
    }
    return natives;
  }

  const plan::ResolvedPlan& image_;
  const BuildOptions& options_;
  const model::Architecture& host_;
  const plan::Services& services_;
  plan::ResolvedPlan tools_;
};

/// Nothing when the tools are there now.
std::optional<std::string> reason_against(const plan::ResolvedPlan& plan,
                                          const BuildOptions& options,
                                          const model::Architecture& host,
                                          const sandbox::Emulator& emulator,
                                          const plan::Services& services) {
  try {
    bool is_there = false;
    const auto absence = find_absence(
        [&] { is_there = NativeTools(plan, options, host, services).install(emulator); });
    if (absence || is_there) return absence;
    return "the release has no tools of the same versions for this host";
  } catch (const base::InputError&) {
    throw;
  } catch (base::Error& error) {
    error.add_context("while installing programs of this host's own architecture, which a build "
                      "with --emulation full does without");
    throw;
  }
}

} // namespace

std::optional<std::string> add_native_programs(const plan::ResolvedPlan& plan,
                                               const BuildOptions& options,
                                               const sandbox::Emulator& emulator,
                                               const plan::Services& services) {
  const model::Architecture* host = model::host_architecture();
  if (host == nullptr) return "nothing is known of this host's architecture";
  report::StageScope stage(services.reporter, "native-programs", host->name);
  auto reason = reason_against(plan, options, *host, emulator, services);
  if (reason) stage.set_summary("everything is emulated: " + *reason);
  return reason;
}

} // namespace imagewright::pipeline
