// SPDX-License-Identifier: MIT
#pragma once

// A throw-away disk over the image, with the questions in its root file system.

#include <filesystem>
#include <string>

#include <imagewright/boot/boot_request.hpp>
#include <imagewright/process/command_runner.hpp>

namespace imagewright::boot {

/// The SELinux context for the probe's script, from that of a directory beside it: the same user,
/// role and level, and the type with which the reference policy marks start scripts.
std::string script_context(const std::string& directory_context);

/// The commands for debugfs that put the probe's files, which lie in its working directory, into
/// the file system. `directory_context` is the SELinux context of the unit directory; empty when
/// the image has no labels.
std::string injection_commands(const std::string& directory_context);

/// Makes the overlay in `directory` (where other files are left as well) and gives its path. Throws
/// base::Error (boot.cannot-carry-probe, process.command-failed).
std::filesystem::path make_probe_disk(const BootRequest& request,
                                      const std::filesystem::path& directory,
                                      process::CommandRunner& runner);

} // namespace imagewright::boot
