// SPDX-License-Identifier: MIT
#pragma once

// What an initramfs holds, as far as a node has to have it to start.

#include <span>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::finalize {

/// Something that a program in the initramfs, or a library of one, needs and that is not there.
struct MissingNeed {
  std::string path;   ///< of whoever needs it: "/usr/bin/sh"
  std::string needed; ///< the name of a library, or the absolute path of an interpreter

  auto operator<=>(const MissingNeed&) const = default;
};

struct InitramfsContent {
  bool has_init = false; ///< /init is a program, or a link to one
  std::vector<MissingNeed> missing;
  std::vector<std::string> library_directories; ///< that hold libraries; absolute, sorted
  std::vector<std::string> kernel_modules;      ///< names as the kernel has them, sorted
  /// Of dracut, as it says in there; empty: it says nothing.
  std::vector<std::string> dracut_modules;

  bool operator==(const InitramfsContent&) const = default;
};

/// The name by which the kernel knows a module file: "virtio_blk" of "…/virtio-blk.ko.xz".
std::string kernel_module_name(std::string_view path);

/// Unpacks the file in the memory of a worker. `name` is for messages. Throws base::Error as
/// archive::read_initramfs and sandbox::run_in_worker do.
InitramfsContent read_initramfs_content(int fd, const std::string& name,
                                        const base::Cancellation& cancellation);

/// The work of this module that is done in workers.
std::span<const sandbox::WorkerJob> worker_jobs();

} // namespace imagewright::finalize
