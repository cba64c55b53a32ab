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
#include <imagewright/plan/repositories.hpp>
#include <imagewright/report/stage_scope.hpp>

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

/// The release's plan for the host's architecture, with nothing but the tools.
plan::BuildPlan tools_plan(const BuildOptions& options, const model::Architecture& host) {
  plan::PlanOptions wanted = options.plan;
  wanted.architectures = {host.name};
  plan::BuildPlan plan = std::move(plan::plan_build(wanted).plans.front());
  plan.packages.clear();
  const auto role = plan.release.roles.find("initramfs");
  if (role == plan.release.roles.end()) return plan;
  for (const model::LocatedText& package : role->second.for_architecture(host.name)) {
    plan.packages.push_back(
        {.spec = package.text, .where = package.where, .origin = "native programs"});
  }
  return plan;
}

std::map<std::string, std::string> versions_of(const std::vector<model::LockedPackage>& packages) {
  std::map<std::string, std::string> versions;
  for (const model::LockedPackage& package : packages)
    versions[package.nevra.name] = package.nevra.evr();
  return versions;
}

/// The image's packages as those of another architecture, so that the resolver takes the same
/// versions where it can.
std::vector<model::LockedPackage> pins_for(const plan::ResolvedPlan& plan,
                                           const std::string& host) {
  std::vector<model::LockedPackage> pins = plan.lock.packages;
  for (model::LockedPackage& pin : pins) {
    if (pin.nevra.architecture == plan.plan.architecture.name) pin.nevra.architecture = host;
  }
  return pins;
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
      : image_(plan), options_(options), host_(host),
        services_(services), tools_{.plan = tools_plan(options, host)} {}

  /// False when the release has no such tools in the same versions.
  bool install(const sandbox::Emulator& emulator) {
    plan::PlanRepositories repositories(tools_.plan, options_.resolve.network, services_);
    tools_.lock = plan::lock_from(tools_.plan,
                                  repositories.resolve(tools_.plan, pins_for(image_, host_.name),
                                                       {.baseline = plan::BaselineUse::ignored}));
    if (tools_.lock.packages.empty() || !has_same_versions(tools_.lock, image_.lock)) return false;
    tools_.epoch = image_.epoch;
    FetchedPackages fetched;
    fetched.keys = repositories.set().load_keys(&tools_.lock);
    fetched.packages = repositories.set().download(tools_.lock);
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

/// Is this how it shows that the tools are not there, and nothing worse?
bool means_absence(const base::Diagnostic& problem) {
  constexpr std::array k_codes{"pipeline.architecture-not-offered", "repo.metadata-missing",
                               "repo.offline", "repo.package-missing"};
  return std::ranges::find(k_codes, problem.code) != k_codes.end();
}

bool means_absence(const base::InputError& error) {
  if (error.kind() == base::FailureKind::unsolvable) return true;
  return std::ranges::all_of(error.diagnostics().items(), [](const base::Diagnostic& problem) {
    return problem.severity != base::Severity::error || means_absence(problem);
  });
}

std::string message_of(const base::InputError& error) {
  for (const base::Diagnostic& problem : error.diagnostics().items()) {
    if (problem.severity == base::Severity::error) return problem.message;
  }
  return error.what();
}

/// Nothing when the tools are there now.
std::optional<std::string> reason_against(const plan::ResolvedPlan& plan,
                                          const BuildOptions& options,
                                          const model::Architecture& host,
                                          const sandbox::Emulator& emulator,
                                          const plan::Services& services) {
  try {
    if (NativeTools(plan, options, host, services).install(emulator)) return std::nullopt;
    return "the release has no tools of the same versions for this host";
  } catch (const base::InputError& error) {
    if (!means_absence(error)) throw;
    return message_of(error);
  } catch (base::Error& error) {
    if (means_absence(error.diagnostic())) return error.diagnostic().message;
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
