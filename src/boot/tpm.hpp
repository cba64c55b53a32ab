// SPDX-License-Identifier: MIT
#pragma once

// A TPM for the virtual machine, emulated beside it (swtpm).

#include <string>
#include <vector>

#include <imagewright/boot/boot_request.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/process/attached_process.hpp>
#include <imagewright/process/command_runner.hpp>

namespace imagewright::boot {

/// New, with the banks that are predicted; gone with this object.
class Tpm {
public:
  /// Throws base::Error (process.missing-tool, boot.no-tpm).
  explicit Tpm(process::CommandRunner& runner);

  /// How QEMU reaches it.
  std::vector<std::string> arguments(const model::QemuMachine& machine) const;

private:
  std::string socket() const;

  /// Addresses of sockets are short: not where the machine's other files are.
  fs::TemporaryDirectory directory_;
  process::AttachedProcess process_;
};

} // namespace imagewright::boot
