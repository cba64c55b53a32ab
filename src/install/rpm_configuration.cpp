// SPDX-License-Identifier: MIT
#include "rpm_configuration.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <nss.h>
#include <unistd.h>

#include <rpm/rpmlib.h>
#include <rpm/rpmmacro.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/process/program.hpp>

#include "clock_library.hpp"

namespace imagewright::install {

namespace {

/// What librpm insists on knowing about machines. Whether a package fits the image was decided by
/// the resolver; the machine that this runs on may be another one than the image's.
constexpr std::string_view k_machines = "arch_canon: x86_64: x86_64 1\n"
                                        "arch_canon: aarch64: aarch64 19\n"
                                        "os_canon: Linux: Linux 1\n"
                                        "arch_compat: x86_64: noarch\n"
                                        "arch_compat: aarch64: noarch\n"
                                        "buildarchtranslate: x86_64: x86_64\n"
                                        "buildarchtranslate: aarch64: aarch64\n";

void define(const char* name, const std::string& value) {
  rpmPushMacro(nullptr, name, nullptr, value.c_str(), RMIL_CMDLINE);
}

/// Users and groups come from the image's files. Other sources would be libraries of the image,
/// loaded into this process.
void look_up_users_in_files_only() {
  for (const char* database :
       {"passwd", "group", "shadow", "gshadow", "initgroups", "hosts", "services"}) {
    __nss_configure_lookup(database, "files");
  }
}

/// Where scripts look for programs: before all others those that do nothing.
std::string script_path(const InstallRequest& request) {
  std::string path(process::k_program_path);
  if (request.scriptlets.deferred_programs.empty()) return path;
  const std::string directory = std::string(k_private_directory) + "/deferred";
  std::filesystem::create_directories(directory);
  for (const std::string& program : request.scriptlets.deferred_programs) {
    const std::string file = directory + "/" + program;
    fs::write_file_atomically(file, "#!/bin/sh\nexit 0\n");
    std::filesystem::permissions(file, std::filesystem::perms{0755});
  }
  return directory + ":" + path;
}

/// Scripts write the time of day into what they make; to them it is the image's. An emulator has
/// another dynamic linker, and programs of this host beside its own, so only programs that this
/// host runs itself are given the clock.
void stop_clock_of_scripts(const InstallRequest& request) {
  const model::Architecture* host = model::host_architecture();
  const auto is_foreign = [&](const model::PackageFile& file) {
    const std::string& architecture = file.package.nevra.architecture;
    return architecture != "noarch" && (host == nullptr || architecture != host->name);
  };
  if (host == nullptr || std::ranges::any_of(request.packages.files, is_foreign)) return;
  const std::string library = clock_library(*host, request.epoch);
  if (library.empty()) return;
  const std::string file = std::string(k_private_directory) + "/clock.so";
  fs::write_file_atomically(file, library);
  std::filesystem::permissions(file, std::filesystem::perms{0755});
  ::setenv("LD_PRELOAD", file.c_str(), 1);
}

void define_macros(const InstallRequest& request) {
  const std::string directory = k_private_directory;
  define("_dbpath", request.rpm_database_path);
  define("_dbpath_rebuild", request.rpm_database_path);
  define("_db_backend", "sqlite");
  define("_rpmlock_path", directory + "/rpm.lock");
  define("_keyring", "fs");
  define("_keyringpath", directory + "/no-keys/");
  define("_tmppath", "/tmp");
  define("_var", "/var");
  define("_install_script_path", script_path(request));
  define("_install_langs", request.languages.empty() ? "all" : base::join(request.languages, ":"));
  define("_pkgverify_level", "none");
  define("_pkgverify_flags", "0x0");
  define("_vsflags_install", "0x0");
  define("_excludedocs", request.documentation == Documentation::excluded ? "1" : "0");
  // Nobody but the kernel's own root may change these mount points. librpm leaves them alone then;
  // they are made in the image afterwards (shadowed_paths.hpp).
  define("_netsharedpath", "/proc:/sys");
  define("_transaction_color", "0");
  define("_flush_io", "0");
  define("_minimize_writes", "0");
}

} // namespace

void configure_rpm(const InstallRequest& request) {
  const std::string directory = k_private_directory;
  const std::string machines = directory + "/rpmrc";
  std::filesystem::create_directories(directory);
  fs::write_file_atomically(machines, k_machines);
  look_up_users_in_files_only();
  const std::string nowhere = directory + "/none";
  macrofiles = nowhere.c_str();
  ::setenv("RPM_CONFIGDIR", nowhere.c_str(), 1);
  const int result = rpmReadConfigFiles(machines.c_str(), nullptr);
  macrofiles = "";
  ::unsetenv("RPM_CONFIGDIR");
  if (result != 0) throw base::BugError("librpm does not accept its configuration");
  define_macros(request);
  stop_clock_of_scripts(request);
}

} // namespace imagewright::install
