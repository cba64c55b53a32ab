// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>

#include <fcntl.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/fs/runtime_directories.hpp>
#include <imagewright/install/install.hpp>

#include "database.hpp"
#include "install_observer.hpp"
#include "package_copies.hpp"
#include "request_codec.hpp"
#include "worker.hpp"

namespace imagewright::install {

namespace {

/// Ends the stage as failed unless it was finished.
class Stage {
public:
  Stage(report::Reporter& reporter, const std::string& detail) : reporter_(reporter) {
    reporter_.stage_started("install", detail);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  Stage(Stage&&) = delete;
  Stage& operator=(Stage&&) = delete;
  ~Stage() {
    if (!is_done_) reporter_.stage_finished("install", report::StageOutcome::failed, {});
  }

  void finish(const std::string& summary) {
    is_done_ = true;
    reporter_.stage_finished("install", report::StageOutcome::done, summary);
  }

private:
  report::Reporter& reporter_;
  bool is_done_ = false;
};

/// Directories on which the sandbox mounts something of its own. Made here when they are missing,
/// so that the sandbox does not take them away again; afterwards only those stay that a package
/// owns.
class MountDirectories {
public:
  explicit MountDirectories(const fs::RootDir& root) : root_(root) {
    for (const char* path : fs::k_runtime_directories) {
      if (root.exists(path)) continue;
      root.make_directories(path);
      made_.push_back(path);
    }
  }

  void remove_all_but(const std::vector<std::string>& owned) const {
    for (const std::string& path : made_) {
      if (std::ranges::find(owned, path) == owned.end() && root_.list(path).empty())
        root_.remove(path);
    }
  }

private:
  const fs::RootDir& root_;
  std::vector<std::string> made_;
};

InsideResult run_inside(sandbox::Sandbox& sandbox, const InstallRequest& request,
                        const PackageCopies& copies, InstallObserver& observer) {
  const fs::UniqueFd directory(::open(copies.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory)
    base::throw_system_error("install.package-missing", "cannot open", copies.path().string(),
                             errno);
  try {
    const std::string answer = sandbox.call({.job = k_transaction_job,
                                             .request = encode_request(request),
                                             .descriptors = {directory.get()}},
                                            observer);
    return sandbox::decode_answer("the packages to install", answer, &decode_result);
  } catch (base::Error& error) {
    // Of the sandbox's own failures a scriptlet is the likely cause.
    const std::string activity = observer.activity();
    if (error.diagnostic().code.starts_with("sandbox.") && !activity.empty()) {
      error.add_context(activity);
    }
    throw;
  }
}

} // namespace

model::InstalledRoot install_packages(root::WorkRoot& root, const InstallRequest& request,
                                      const base::Cancellation& cancellation,
                                      report::Reporter& reporter) {
  Stage stage(reporter, fmt::format("{} packages", request.packages.files.size()));
  const PackageCopies copies(request.packages, root.options().directory.parent_path(),
                             cancellation);
  const MountDirectories mount_directories(root.files());
  InstallObserver observer(request, root.options().emulator, reporter);
  sandbox::Sandbox sandbox(root.begin_run({}), cancellation);
  InsideResult inside = run_inside(sandbox, request, copies, observer);
  root.end_run();
  mount_directories.remove_all_but(inside.restored);

  model::InstalledRoot result{root.options().directory, std::move(inside.packages),
                              observer.scriptlets(), std::move(inside.kernel_packages),
                              std::move(inside.owned_identity_files)};
  require_same_packages(result.packages, request.kept, request.packages);
  settle_database(root.files(), request.rpm_database_path);
  stage.finish(
      fmt::format("{} packages, {} scriptlets", result.packages.size(), result.scriptlets.size()));
  return result;
}

} // namespace imagewright::install
