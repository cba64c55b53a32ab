// SPDX-License-Identifier: MIT
#include "memory_watch.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

#include "process_files.hpp"

namespace imagewright::sandbox {

namespace {

using base::ByteSize;

/// Every build does with it: a host that is short of memory ends none for less.
constexpr ByteSize k_least_limit = ByteSize::gib(1);
/// No image needs as much to come about, and a large host has other things to do.
constexpr ByteSize k_largest_limit = ByteSize::gib(16);

/// The places of files in memory that programs may fill.
constexpr std::array k_memory_filesystems{"/dev/shm", "/run", "/tmp"};

ByteSize pages(std::uint64_t count) {
  static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return ByteSize(size) * count;
}

ByteSize difference(ByteSize larger, ByteSize smaller) {
  return larger > smaller ? larger - smaller : ByteSize();
}

/// Lines of /proc such as "MemAvailable:    1234 kB"; nothing when there is none of the name.
std::optional<ByteSize> size_in(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    const std::size_t digits = text.find_first_not_of(' ', at + name.size());
    std::uint64_t count = 0;
    if (digits == std::string_view::npos ||
        std::from_chars(text.data() + digits, text.data() + text.size(), count).ec != std::errc{})
      return std::nullopt;
    return ByteSize::kib(count);
  }
  return std::nullopt;
}

/// proc(5), /proc/pid/statm: the second number. Zero when the process is gone.
ByteSize resident_size(const fs::UniqueFd& processes, const std::string& process) {
  const std::string text = beginning_of(processes.get(), process + "/statm").value_or("");
  const std::size_t space = text.find(' ');
  std::uint64_t count = 0;
  if (space != std::string::npos)
    std::from_chars(text.data() + space + 1, text.data() + text.size(), count);
  return pages(count);
}

struct HostMemory {
  ByteSize shared; ///< files in memory, with or without a name, and memory that processes share
  ByteSize swapped;
};

HostMemory look_at_host() {
  struct sysinfo info {};
  if (::sysinfo(&info) != 0) return {};
  const ByteSize unit(info.mem_unit);
  return {.shared = unit * info.sharedram,
          .swapped = difference(unit * info.totalswap, unit * info.freeswap)};
}

/// Who calls may say it: ulimit -m, to which the kernel itself pays no heed.
ByteSize choose_limit(const fs::UniqueFd& processes) {
  rlimit wanted{};
  if (::getrlimit(RLIMIT_RSS, &wanted) == 0 && wanted.rlim_cur != RLIM_INFINITY)
    return ByteSize(wanted.rlim_cur);
  const std::string text = beginning_of(processes.get(), "meminfo").value_or("");
  const ByteSize available = size_in(text, "MemAvailable:").value_or(ByteSize());
  const ByteSize swap = size_in(text, "SwapFree:").value_or(ByteSize());
  // Of a host that has less than that (or a machine of ours, which has no more), the kernel shall
  // not be the first to end something: it may choose a program that has little.
  const ByteSize least = std::min(k_least_limit, ByteSize((available + swap).bytes() / 8 * 7));
  return std::clamp(ByteSize(available.bytes() / 4 * 3), least, k_largest_limit);
}

/// The device of files that are in no filesystem that anybody sees: memfd_create(2).
std::optional<dev_t> device_of_unnamed_files() {
  const fs::UniqueFd file(::memfd_create("", MFD_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return std::nullopt;
  return status.st_dev;
}

ByteSize system_v_size() {
  struct shm_info info {};
  if (::shmctl(0, SHM_INFO, reinterpret_cast<struct shmid_ds*>(&info)) < 0) return {};
  return pages(info.shm_rss) + pages(info.shm_swp);
}

/// What a process shares with others is counted in parts.
struct ProcessMemory {
  ByteSize own; ///< also what was swapped out
  ByteSize shared;
};

ProcessMemory memory_of(const fs::UniqueFd& processes, const std::string& process) {
  const auto text = beginning_of(processes.get(), process + "/smaps_rollup");
  if (text)
    return {.own = size_in(*text, "Pss_Anon:").value_or(ByteSize()) +
                   size_in(*text, "SwapPss:").value_or(ByteSize()),
            .shared = size_in(*text, "Pss_Shmem:").value_or(ByteSize())};
  // Of whom no more may be known, all that is in memory; of whom is gone, nothing.
  return {.own = resident_size(processes, process), .shared = {}};
}

/// Unnamed files that the processes have open, mapped or not; each counts once.
class UnnamedFiles {
public:
  void add(const fs::UniqueFd& processes, const std::string& process) {
    if (!device_) return;
    const Directory open_files(::fdopendir(
        ::openat(processes.get(), (process + "/fd").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
    if (!open_files) return;
    while (const dirent* entry = ::readdir(open_files.get())) {
      struct stat status {};
      if (entry->d_name[0] == '.' ||
          ::fstatat(::dirfd(open_files.get()), entry->d_name, &status, 0) != 0)
        continue;
      if (status.st_dev == *device_ && known_.insert(status.st_ino).second)
        size_ = size_ + ByteSize(512) * static_cast<std::uint64_t>(status.st_blocks);
    }
  }

  ByteSize size() const { return size_; }

private:
  std::optional<dev_t> device_ = device_of_unnamed_files();
  std::set<ino_t> known_;
  ByteSize size_;
};

} // namespace

MemoryWatch::MemoryWatch()
    : processes_(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      limit_(choose_limit(processes_)) {
  const HostMemory host = look_at_host();
  shared_before_ = host.shared;
  swapped_before_ = host.swapped;
  for (const char* place : k_memory_filesystems)
    filesystems_.emplace_back(::open(place, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

void MemoryWatch::begin() {
  members_.clear();
  resident_ = {};
}

void MemoryWatch::add(const char* process) {
  members_.emplace_back(process);
  resident_ = resident_ + resident_size(processes_, members_.back());
}

void MemoryWatch::judge() const {
  // The exact answer is costly, and needed when this one is too much: it is the larger.
  const HostMemory host = look_at_host();
  const ByteSize most = resident_ + difference(host.swapped, swapped_before_) +
                        std::max(size_of_files(), difference(host.shared, shared_before_));
  if (most <= limit_ || measure() <= limit_) return;
  throw base::Error(
      base::FailureKind::build, "sandbox.out-of-memory",
      fmt::format("programs in the image root had more than {} of memory", base::to_string(limit_)),
      "let them need less, or allow more with \"ulimit -m\" (in KiB)");
}

ByteSize MemoryWatch::measure() const {
  ByteSize own;
  ByteSize shared;
  UnnamedFiles unnamed;
  for (const std::string& member : members_) {
    const ProcessMemory memory = memory_of(processes_, member);
    own = own + memory.own;
    shared = shared + memory.shared;
    unnamed.add(processes_, member);
  }
  // What is shared is a part of one of these files, or has neither name nor descriptor: as far as
  // the host has more of it than before, both count.
  const ByteSize files = size_of_files() + unnamed.size();
  const ByteSize grown = difference(look_at_host().shared, shared_before_);
  return own + std::max({shared, files, std::min(shared + files, grown)});
}

ByteSize MemoryWatch::size_of_files() const {
  ByteSize size = system_v_size();
  for (const fs::UniqueFd& filesystem : filesystems_) {
    struct statfs status {};
    if (!filesystem || ::fstatfs(filesystem.get(), &status) != 0 || status.f_type != TMPFS_MAGIC)
      continue;
    size = size + ByteSize(static_cast<std::uint64_t>(status.f_bsize)) *
                      (status.f_blocks - status.f_bfree);
  }
  return size;
}

} // namespace imagewright::sandbox
