// SPDX-License-Identifier: MIT
#include "asking_process.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <climits>
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::sandbox {

namespace {

constexpr std::size_t k_page = 4096;

/// The number by which /proc knows a process: another one when /proc is that of an outer process
/// namespace.
std::string number_in_proc(pid_t pid, ProcNumbers numbers) {
  const std::string plain = fmt::format("{}", pid);
  if (numbers == ProcNumbers::own) return plain;
  const fs::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return plain;
  const auto info = fs::find_file(fmt::format("/proc/self/fdinfo/{}", process.get()));
  for (const std::string& line : base::split(info.value_or(""), '\n')) {
    if (line.starts_with("Pid:")) return std::string(base::trimmed(line.substr(4)));
  }
  return plain;
}

} // namespace

ProcNumbers proc_numbers() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self", error);
  return self == fmt::format("{}", ::getpid()) ? ProcNumbers::own : ProcNumbers::of_others;
}

AskingProcess::AskingProcess(pid_t pid, ProcNumbers numbers)
    : pid_(pid), proc_(fmt::format("/proc/{}/", number_in_proc(pid, numbers))) {}

std::optional<std::string> AskingProcess::read_path(std::uint64_t address) const {
  std::string path;
  while (path.size() < PATH_MAX) {
    // Up to the end of the page: the next one may not be there.
    std::array<char, k_page> buffer;
    const std::size_t wanted = k_page - (address + path.size()) % k_page;
    const iovec here{buffer.data(), wanted};
    const iovec there{reinterpret_cast<void*>(address + path.size()), wanted};
    const ssize_t count = ::process_vm_readv(pid_, &here, 1, &there, 1, 0);
    if (count <= 0) return std::nullopt;
    const char* end = buffer.data() + count;
    const char* zero = std::find<const char*>(buffer.data(), end, '\0');
    path.append(buffer.data(), static_cast<std::size_t>(zero - buffer.data()));
    if (zero != end) return path;
  }
  return std::nullopt;
}

bool AskingProcess::write(std::uint64_t address, const void* data, std::size_t size) const {
  const iovec here{const_cast<void*>(data), size};
  const iovec there{reinterpret_cast<void*>(address), size};
  return ::process_vm_writev(pid_, &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
}

fs::UniqueFd AskingProcess::open(int directory, const std::string& path, int flags) const {
  const std::string base =
      directory == AT_FDCWD ? proc("cwd") : proc(fmt::format("fd/{}", directory));
  if (path.empty()) {
    if ((flags & AT_EMPTY_PATH) == 0) return {};
    return fs::UniqueFd(::open(base.c_str(), O_PATH | O_CLOEXEC));
  }
  const int how = O_PATH | O_CLOEXEC | ((flags & AT_SYMLINK_NOFOLLOW) != 0 ? O_NOFOLLOW : 0);
  if (!path.starts_with('/')) {
    const fs::UniqueFd start(::open(base.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!start) return {};
    return fs::UniqueFd(::openat(start.get(), path.c_str(), how));
  }
  if (!has_own_root()) return fs::UniqueFd(::open(as_seen_here(path).c_str(), how));
  const fs::UniqueFd root(::open(proc("root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  open_how in_root{};
  in_root.flags = static_cast<unsigned>(how);
  in_root.resolve = RESOLVE_IN_ROOT;
  return fs::UniqueFd(
      static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &in_root, sizeof in_root)));
}

mode_t AskingProcess::umask() const {
  for (const std::string& line : base::split(fs::read_file(proc("status")), '\n')) {
    if (line.starts_with("Umask:")) {
      return static_cast<mode_t>(std::stoul(line.substr(line.find(':') + 1), nullptr, 8));
    }
  }
  return 022;
}

std::string AskingProcess::proc(const std::string& name) const {
  return proc_ + name;
}

std::string AskingProcess::as_seen_here(const std::string& path) const {
  for (const auto& [seen, meant] : {std::pair<std::string, std::string>{"/proc/self/", ""},
                                    {"/proc/thread-self/", ""},
                                    {"/dev/fd/", "fd/"}}) {
    if (path.starts_with(seen)) return proc(meant + path.substr(seen.size()));
  }
  return path;
}

bool AskingProcess::has_own_root() const {
  struct stat own {};
  struct stat theirs {};
  if (::stat("/", &own) != 0 || ::stat(proc("root").c_str(), &theirs) != 0) return false;
  return own.st_dev != theirs.st_dev || own.st_ino != theirs.st_ino;
}

} // namespace imagewright::sandbox
