// SPDX-License-Identifier: MIT
#include "boot/probe_disk.hpp"

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "boot/guest_script.hpp"
#include "boot/qemu_arguments.hpp"

namespace imagewright::boot {

namespace {

constexpr const char* k_root_file = "root.raw";
constexpr const char* k_commands_file = "commands";
constexpr const char* k_unit_context_file = "unit-context";
constexpr const char* k_script_context_file = "script-context";

[[noreturn]] void throw_cannot_carry(const std::string& reason, const std::string& details) {
  base::Diagnostic diagnostic;
  diagnostic.code = "boot.cannot-carry-probe";
  diagnostic.message = "the questions cannot be put into the image's root file system: " + reason;
  for (const std::string& line : process::last_lines(details, 5)) {
    diagnostic.context.push_back("while debugfs wrote: " + line);
  }
  diagnostic.hint = "checking an image in QEMU needs an ext4 root file system without verity";
  throw base::Error(base::FailureKind::host, std::move(diagnostic));
}

process::Command command_in(const std::filesystem::path& directory, std::vector<std::string> argv,
                            std::string description) {
  return {.argv = std::move(argv),
          .description = std::move(description),
          .working_directory = directory};
}

std::string unit_path() {
  return fmt::format("{}/{}", k_unit_directory, k_unit_name);
}
std::string drop_in_path() {
  return fmt::format("{}/{}", k_drop_in_directory, k_drop_in_name);
}
std::string script_path() {
  return fmt::format("{}/{}", k_unit_directory, k_script_name);
}

/// The label of the unit directory as stored, with its final NUL; empty when there is none.
std::string find_directory_context(const std::filesystem::path& directory,
                                   process::CommandRunner& runner) {
  constexpr const char* k_output = "directory-context";
  (void)process::require_success(runner.run(command_in(
      directory,
      {"debugfs", "-R", fmt::format("ea_get -f {} {} security.selinux", k_output, k_unit_directory),
       k_root_file},
      "read the label of the unit directory")));
  return fs::find_file(directory / k_output).value_or("");
}

std::string stored_file(const std::filesystem::path& directory, const std::string& path,
                        process::CommandRunner& runner) {
  return process::require_success(
             runner.run(command_in(directory, {"debugfs", "-R", "cat " + path, k_root_file},
                                   "read the questions back")))
      .standard_output;
}

/// Reads back what starts the questions: debugfs exits with 0 also when its commands failed.
void inject(const std::filesystem::path& directory, process::CommandRunner& runner) {
  const auto written = process::require_success(
      runner.run(command_in(directory, {"debugfs", "-w", "-f", k_commands_file, k_root_file},
                            "put the questions into the image")));
  if (stored_file(directory, unit_path(), runner) != guest_unit() ||
      stored_file(directory, drop_in_path(), runner) != guest_drop_in()) {
    throw_cannot_carry("they were not stored", written.standard_error);
  }
}

} // namespace

std::string script_context(const std::string& directory_context) {
  std::vector<std::string> parts = base::split(directory_context, ':');
  if (parts.size() < 3) return directory_context;
  const bool ends_with_nul = parts.size() == 3 && !parts[2].empty() && parts[2].back() == '\0';
  parts[2] = "initrc_exec_t";
  if (ends_with_nul) parts[2] += '\0';
  return base::join(parts, ":");
}

std::string injection_commands(const std::string& directory_context) {
  std::string commands = fmt::format("mkdir {0}\nwrite {1} {2}\nwrite {3} {4}\nwrite {5} {6}\n",
                                     k_drop_in_directory, k_unit_name, unit_path(), k_script_name,
                                     script_path(), k_drop_in_name, drop_in_path());
  for (const auto& [path, mode] :
       {std::pair(unit_path(), "0100644"), std::pair(drop_in_path(), "0100644"),
        std::pair(script_path(), "0100755")}) {
    commands += fmt::format("set_inode_field {0} mode {1}\nset_inode_field {0} uid 0\n"
                            "set_inode_field {0} gid 0\n",
                            path, mode);
  }
  if (directory_context.empty()) return commands;
  for (const std::string& path : {std::string(k_drop_in_directory), drop_in_path(), unit_path()}) {
    commands += fmt::format("ea_set -f {} {} security.selinux\n", k_unit_context_file, path);
  }
  commands +=
      fmt::format("ea_set -f {} {} security.selinux\n", k_script_context_file, script_path());
  return commands;
}

std::filesystem::path make_probe_disk(const BootRequest& request,
                                      const std::filesystem::path& directory,
                                      process::CommandRunner& runner) {
  if (request.root.filesystem != model::FilesystemType::ext4) {
    throw_cannot_carry("it is " + model::mount_type_of(request.root.filesystem), "");
  }
  const auto overlay = directory / "overlay.qcow2";
  (void)process::require_success(runner.run(
      command_in(directory, overlay_arguments(request, overlay), "make an overlay of the image")));
  (void)process::require_success(
      runner.run(command_in(directory, extraction_arguments(request, directory / k_root_file),
                            "read the image's root file system")));
  const std::string context = find_directory_context(directory, runner);
  fs::write_file_atomically(directory / k_unit_context_file, context);
  fs::write_file_atomically(directory / k_script_context_file, script_context(context));
  fs::write_file_atomically(directory / std::string(k_drop_in_name), guest_drop_in());
  fs::write_file_atomically(directory / std::string(k_unit_name), guest_unit());
  fs::write_file_atomically(
      directory / std::string(k_script_name),
      guest_script(request.checks, {.serial_console = request.architecture.serial_console,
                                    .patience = request.timeout / 2}));
  fs::write_file_atomically(directory / k_commands_file, injection_commands(context));
  inject(directory, runner);
  (void)process::require_success(runner.run(
      command_in(directory, insertion_arguments(request, directory / k_root_file, overlay),
                 "write the questions into the overlay")));
  std::filesystem::remove(directory / k_root_file);
  return overlay;
}

} // namespace imagewright::boot
