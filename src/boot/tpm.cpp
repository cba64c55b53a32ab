// SPDX-License-Identifier: MIT
#include "boot/tpm.hpp"

#include <chrono>
#include <filesystem>

#include <imagewright/base/error.hpp>

#include "boot/qemu_arguments.hpp"

namespace imagewright::boot {

namespace {

constexpr const char* k_socket = "socket";

/// The state of a TPM that has just been made.
fs::TemporaryDirectory new_state(process::CommandRunner& runner) {
  fs::TemporaryDirectory directory(std::filesystem::temp_directory_path(), "imagewright-tpm-");
  const process::Command command{.argv = {"swtpm_setup", "--tpm2", "--tpmstate",
                                          directory.path().string(), "--pcr-banks",
                                          "sha256,sha384"},
                                 .description = "make a TPM for the machine",
                                 .working_directory = directory.path()};
  (void)process::require_success(runner.run(command));
  return directory;
}

std::vector<std::string> command_of(const std::filesystem::path& state) {
  return {"swtpm",
          "socket",
          "--tpm2",
          "--tpmstate",
          "dir=" + state.string(),
          "--ctrl",
          "type=unixio,path=" + (state / k_socket).string(),
          "--terminate"};
}

} // namespace

Tpm::Tpm(process::CommandRunner& runner)
    : directory_(new_state(runner)),
      process_(command_of(directory_.path()), process::Attachment::silent) {
  constexpr std::chrono::milliseconds k_pause{50};
  constexpr int k_patience = 400;
  for (int turn = 0; turn < k_patience; ++turn) {
    if (std::filesystem::exists(socket())) return;
    if (process_.wait_for(k_pause)) break;
  }
  throw base::Error(base::FailureKind::host, "boot.no-tpm", "swtpm does not emulate a TPM here",
                    "try it by itself: swtpm socket --tpm2 --tpmstate dir=DIRECTORY --ctrl "
                    "type=unixio,path=DIRECTORY/socket");
}

std::string Tpm::socket() const {
  return (directory_.path() / k_socket).string();
}

std::vector<std::string> Tpm::arguments(const model::QemuMachine& machine) const {
  // Where there is no bus of a PC, the device stands by itself.
  const bool is_pc = machine.machine.starts_with("q35");
  return {"-chardev", "socket,id=tpm,path=" + option_value(socket()),
          "-tpmdev",  "emulator,id=tpm0,chardev=tpm",
          "-device",  is_pc ? "tpm-tis,tpmdev=tpm0" : "tpm-tis-device,tpmdev=tpm0"};
}

} // namespace imagewright::boot
