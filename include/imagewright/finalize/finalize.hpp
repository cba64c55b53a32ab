// SPDX-License-Identifier: MIT
#pragma once

// An installed root becomes a bootable one, by small steps in a fixed order.

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/finalize/initramfs_content.hpp>
#include <imagewright/finalize/plan.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/report/reporter.hpp>
#include <imagewright/root/work_root.hpp>

namespace imagewright::finalize {

/// Gives a root a file that takes long to make, from an earlier build in which everything was the
/// same that its maker could read.
class FileRecall {
public:
  FileRecall() = default;
  FileRecall(const FileRecall&) = delete;
  FileRecall& operator=(const FileRecall&) = delete;
  FileRecall(FileRecall&&) = delete;
  FileRecall& operator=(FileRecall&&) = delete;
  virtual ~FileRecall() = default;

  /// `stage` is a word, `request` tells all that was asked for. `make` makes the file, which stands
  /// at `path` afterwards; it is called when there is none like it.
  virtual void obtain(root::WorkRoot& root, const std::string& stage, const std::string& request,
                      const std::string& path, const std::function<void()>& make) = 0;
};

/// What the steps work with that decides nothing about the image. All are borrowed.
struct FinalizeServices {
  report::Reporter& reporter;
  const base::Cancellation& cancellation;
  /// Host directory for the complete outputs of programs; empty: they are not kept.
  std::filesystem::path log_directory;
  FileRecall* recall = nullptr; ///< none: everything is made
  /// How an initramfs is looked into: in a worker, except where tests have none.
  InitramfsContent (*read_initramfs)(int fd, const std::string& name,
                                     const base::Cancellation& cancellation) =
      &read_initramfs_content;
};

/// Where a script of the config finds itself, by the path that the config gives it, and nothing
/// else. Every script starts in "/", as Image Customizer's do, and leaves nothing here.
inline constexpr std::string_view k_script_directory = "/_imageconfigs";

/// Runs every step that is for roots of the plan's origin. Throws base::Error with the step's name
/// as context; the root is then of no use.
model::SealedRoot finalize(root::WorkRoot& root, const model::InstalledRoot& installed,
                           const FinalizePlan& plan, const FinalizeServices& services);

/// To be asked when the packages are there and nothing else is. Throws base::Error (fs.…).
model::PackagedPlaces packaged_places(const fs::RootDir& files);

/// The names of the steps in their order, for `plan`.
std::vector<std::string_view> step_names();

} // namespace imagewright::finalize
