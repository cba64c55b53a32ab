// SPDX-License-Identifier: MIT
#pragma once

// Questions for a guest of which no byte may change: a unit by way of a credential, and its script
// on a disk of its own.

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/boot/boot_request.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/process/command_runner.hpp>

#include "boot/qemu_arguments.hpp"

namespace imagewright::boot {

/// By this serial number the guest finds the disk. A disk's has at most 20 characters.
inline constexpr std::string_view k_questions_serial = "imagewright-probe";

/// The lines of tmpfiles.d(5) that make systemd 252 and newer start the questions.
std::string probe_tmpfiles();

/// Makes the guest look at the disk of the questions again, as a disk that has grown: udev reads
/// rules that are new only seconds after it has looked for some.
class Reminder {
public:
  /// Makes what QEMU takes its monitor's commands from, in `directory`.
  explicit Reminder(const std::filesystem::path& directory);

  /// Where QEMU's monitor is, for its command line.
  static std::vector<std::string> arguments(const std::filesystem::path& directory);
  /// To be called often; most calls do nothing.
  void remind();

private:
  fs::UniqueFd commands_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::chrono::milliseconds pause_{3000};
  unsigned mebibytes_ = 64; ///< more than any questions need
};

/// Makes an empty overlay over the image, and the disk with the questions beside it, in
/// `directory`.
void make_probe_beside(const BootRequest& request, const std::filesystem::path& directory,
                       MachineFiles& files, process::CommandRunner& runner);

} // namespace imagewright::boot
