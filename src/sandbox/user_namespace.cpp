// SPDX-License-Identifier: MIT
#include "user_namespace.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/process/host_packages.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/sandbox/error_codec.hpp>

#include "channel.hpp"
#include "launch.hpp"
#include "mount_api.hpp"

namespace imagewright::sandbox {

namespace {

constexpr std::uint64_t k_needed_ids = 65536;

std::optional<std::uint64_t> parse_number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string user_name() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr)
    return {};
  return found->pw_name;
}

std::optional<SubordinateRange> own_range(const char* file) {
  return find_subordinate_range(fs::find_file(file).value_or(""), user_name(), ::geteuid());
}

/// Above all ranges that somebody has; where usermod(8) begins by itself when there are none.
std::uint64_t first_free_id() {
  std::uint64_t first = 100000;
  for (const char* file : {"/etc/subuid", "/etc/subgid"}) {
    for (const std::string& line : base::split(fs::find_file(file).value_or(""), '\n')) {
      const auto fields = base::split(base::trimmed(line), ':');
      if (fields.size() != 3) continue;
      const auto start = parse_number(fields[1]);
      const auto count = parse_number(fields[2]);
      constexpr std::uint64_t k_largest = std::uint64_t{1} << 31U;
      if (start && count && *start < k_largest && *count < k_largest)
        first = std::max(first, *start + *count);
    }
  }
  return first;
}

void write_map(pid_t child, const char* name, const std::string& content) {
  const std::string path = fmt::format("/proc/{}/{}", child, name);
  const fs::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), content.data(), content.size()) < 0)
    throw_cannot_enter("cannot write", path);
}

bool has_capability(unsigned capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  return ::syscall(SYS_capget, &header, sets.data()) == 0 &&
         (sets[0].effective & (1U << capability)) != 0;
}

/// Lines of uid_map(5), "inside outside count", changed so that each id stands for itself.
std::string identity_of(const char* map) {
  std::string lines;
  for (const std::string& line : base::split(fs::read_file(map), '\n')) {
    const auto words = base::split_whitespace(line);
    if (words.size() == 3) lines += fmt::format("{} {} {}\n", words[0], words[0], words[2]);
  }
  return lines;
}

void run_map_program(const std::string& name, pid_t child, id_t own,
                     const SubordinateRange& range) {
  const base::Cancellation cancellation;
  process::HostCommandRunner runner(cancellation);
  process::Command command;
  command.argv = {name,
                  fmt::format("{}", child),
                  "0",
                  fmt::format("{}", own),
                  "1",
                  "1",
                  fmt::format("{}", range.start),
                  fmt::format("{}", range.count)};
  command.description = "map user ids";
  command.timeout = std::chrono::seconds(10);
  process::require_success(runner.run(command));
}

} // namespace

std::optional<SubordinateRange>
find_subordinate_range(const std::string& text, const std::string& user_name, uid_t user_id) {
  for (const std::string& line : base::split(text, '\n')) {
    const auto fields = base::split(base::trimmed(line), ':');
    if (fields.size() != 3 || (fields[0] != user_name && fields[0] != fmt::format("{}", user_id)))
      continue;
    const auto start = parse_number(fields[1]);
    const auto count = parse_number(fields[2]);
    if (start && count && *count >= k_needed_ids) return SubordinateRange{*start, *count};
  }
  return std::nullopt;
}

bool is_root() {
  return ::geteuid() == 0;
}

bool may_administrate() {
  return has_capability(CAP_SYS_ADMIN);
}

bool is_in_user_namespace() {
  // include/linux/proc_ns.h: PROC_USER_INIT_INO, the number of the machine's own.
  std::error_code error;
  const auto name = std::filesystem::read_symlink("/proc/self/ns/user", error);
  if (error) {
    errno = error.value();
    throw_cannot_enter("cannot read", "/proc/self/ns/user");
  }
  return name != "user:[4026531837]";
}

bool has_subordinate_ids() {
  return !find_subordinate_obstacle();
}

std::optional<RungObstacle> find_subordinate_obstacle() {
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0)
    return RungObstacle{"newuidmap is a setuid program, and those have no effect here "
                        "(no_new_privs)",
                        {}};
  if (user_name().empty())
    return RungObstacle{
        "this user has no name, and newuidmap maps ids for nobody without one",
        fmt::format("as root: useradd --no-create-home --uid {} NAME", ::geteuid())};
  std::string missing;
  std::string remedy;
  if (!process::find_program("newuidmap") || !process::find_program("newgidmap")) {
    missing = "newuidmap and newgidmap are not installed";
    remedy = "as root: " + process::how_to_install("newuidmap");
  }
  if (!own_range("/etc/subuid") || !own_range("/etc/subgid")) {
    const std::uint64_t first = first_free_id();
    missing += fmt::format("{}/etc/subuid and /etc/subgid give this user no {} ids",
                           missing.empty() ? "" : "; ", k_needed_ids);
    remedy += fmt::format("{}usermod --add-subuids {}-{} --add-subgids {}-{} {}",
                          remedy.empty() ? "as root: " : "; then ", first, first + k_needed_ids - 1,
                          first, first + k_needed_ids - 1, user_name());
  }
  if (missing.empty()) return std::nullopt;
  return RungObstacle{std::move(missing), std::move(remedy)};
}

void map_ids(pid_t child, IdMaps maps) {
  if (maps == IdMaps::many && has_capability(CAP_SETUID) && has_capability(CAP_SETGID)) {
    write_map(child, "uid_map", identity_of("/proc/self/uid_map"));
    write_map(child, "gid_map", identity_of("/proc/self/gid_map"));
    return;
  }
  if (maps == IdMaps::one || is_root() || !has_subordinate_ids()) {
    // Without it the kernel lets nobody map a group; who may leave groups could gain by that.
    write_map(child, "setgroups", "deny");
    write_map(child, "uid_map", fmt::format("0 {} 1\n", ::geteuid()));
    write_map(child, "gid_map", fmt::format("0 {} 1\n", ::getegid()));
    return;
  }
  const auto users = own_range("/etc/subuid");
  const auto groups = own_range("/etc/subgid");
  IMAGEWRIGHT_ASSERT(users && groups);
  run_map_program("newuidmap", child, ::geteuid(), *users);
  run_map_program("newgidmap", child, ::getegid(), *groups);
}

void enter_own_user_namespace(int channel) {
  if (::unshare(CLONE_NEWUSER) != 0) throw_cannot_enter("cannot make", "a user namespace");
  send_record(channel, RecordKind::wants_id_maps, {});
  const auto answer = RecordReader(channel).receive(Waiting::blocking);
  if (!answer) throw_cannot_enter("cannot map the ids of", "a user namespace");
  if (answer->kind != RecordKind::id_maps_done) throw_decoded(answer->payload);
  if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0)
    throw_cannot_enter("cannot become", "root");
}

void answer_id_maps(int channel, pid_t process, IdMaps maps) {
  const auto record = RecordReader(channel).receive(Waiting::blocking);
  if (!record) throw_died("its user namespace was made");
  throw_if_setup_failed(*record);
  map_ids(process, maps);
  send_record(channel, RecordKind::id_maps_done, {});
}

} // namespace imagewright::sandbox
