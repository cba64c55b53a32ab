// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <exception>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/sandbox/guarded_program.hpp>

#include "call_policy.hpp"
#include "guarded_main.hpp"

namespace imagewright::sandbox {

namespace {

constexpr std::string_view k_prefix = "imagewright-guarded-";
constexpr int k_status_not_started = 127;
constexpr rlim_t k_seconds = 120;
constexpr rlim_t k_memory = rlim_t{1} << 30U;
constexpr rlim_t k_file_size = rlim_t{64} << 20U;

constexpr std::uint64_t k_reading =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t k_writing = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM;
constexpr std::uint64_t k_devices = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;
// Linux 6.2 has it (LANDLOCK_ACCESS_FS_TRUNCATE, from the third version on); headers of older ones
// do not.
constexpr std::uint64_t k_truncating = std::uint64_t{1} << 14U;
constexpr int k_version_of_truncating = 3;
constexpr std::uint64_t k_of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                                     LANDLOCK_ACCESS_FS_WRITE_FILE | k_truncating;

/// Programs, libraries, and settings of both that the whole host has.
constexpr std::array k_readable = {"/usr",
                                   "/lib",
                                   "/lib64",
                                   "/bin",
                                   "/sbin",
                                   "/etc/gnupg",
                                   "/etc/gcrypt",
                                   "/etc/ld.so.cache",
                                   "/etc/ld.so.preload",
                                   "/dev/urandom",
                                   "/dev/random"};

void limit(__rlimit_resource resource, rlim_t value) {
  rlimit both{};
  if (::getrlimit(resource, &both) != 0) return;
  if (both.rlim_max > value) both.rlim_max = value;
  both.rlim_cur = both.rlim_max;
  ::setrlimit(resource, &both);
}

void allow(int rules, const char* path, std::uint64_t access) {
  const fs::UniqueFd place(::open(path, O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!place || ::fstat(place.get(), &status) != 0) return;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = S_ISDIR(status.st_mode) ? access : access & k_of_files;
  rule.parent_fd = place.get();
  ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/// Where the kernel has it.
void shut_in(const std::string& home) {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return;
  const std::uint64_t writing = k_writing | (version >= k_version_of_truncating ? k_truncating : 0);
  landlock_ruleset_attr handled{};
  handled.handled_access_fs = k_reading | writing | k_devices;
  const fs::UniqueFd rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0)));
  if (!rules) return;
  for (const char* path : k_readable)
    allow(rules.get(), path, k_reading);
  allow(rules.get(), "/dev/null", (k_reading | writing) & k_of_files);
  allow(rules.get(), home.c_str(), k_reading | writing);
  ::syscall(SYS_landlock_restrict_self, rules.get(), 0);
}

} // namespace

std::filesystem::path guard_program(const std::filesystem::path& directory,
                                    std::string_view program) {
  const std::filesystem::path name = directory / (std::string(k_prefix) + std::string(program));
  // In the process that is started it is still this program.
  if (::symlink("/proc/self/exe", name.c_str()) != 0 && errno != EEXIST)
    base::throw_system_error("fs.cannot-write", "cannot make", name.string(), errno);
  return name;
}

std::optional<std::string> guarded_program_of(int argument_count, char** arguments) {
  if (argument_count < 1) return std::nullopt;
  std::string_view name = arguments[0];
  name.remove_prefix(name.rfind('/') + 1);
  if (!name.starts_with(k_prefix)) return std::nullopt;
  return std::string(name.substr(k_prefix.size()));
}

void become_guarded(const std::string& program, char** arguments) {
  try {
    const auto* executed = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
    const std::string home = std::filesystem::path(executed).parent_path().string();
    const std::string file = process::program(program).string();
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, k_seconds);
    limit(RLIMIT_DATA, k_memory);
    limit(RLIMIT_FSIZE, k_file_size);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::chdir(home.c_str()) != 0)
      ::_exit(k_status_not_started);
    if (::unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0)
      (void)::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
    shut_in(home);
    filter_calls_of_scripts();
    const std::string variable = "HOME=" + home;
    const std::string path = "PATH=" + std::string(process::k_program_path);
    const std::array environment{variable.c_str(), path.c_str(), "LC_ALL=C",
                                 static_cast<const char*>(nullptr)};
    ::execve(file.c_str(), arguments, const_cast<char* const*>(environment.data()));
  } catch (const std::exception&) {
    ::_exit(k_status_not_started);
  }
  ::_exit(k_status_not_started);
}

} // namespace imagewright::sandbox
