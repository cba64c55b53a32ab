// SPDX-License-Identifier: MIT
#include "clerk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "asking_process.hpp"
#include "metadata_calls.hpp"
#include "mount_api.hpp"

namespace imagewright::sandbox {

namespace {

struct Answer {
  bool is_kernels = false; ///< the call goes its usual way
  int error_number = 0;    ///< 0: success
};

constexpr Answer k_go_on{.is_kernels = true};
constexpr Answer k_success{};

Answer failure(int error_number) {
  return {.is_kernels = false, .error_number = error_number};
}

struct Question {
  const AskingProcess& process;
  const CallShape& shape;
  const seccomp_data& call;

  std::uint64_t argument(int index) const { return call.args[static_cast<std::size_t>(index)]; }
  int directory() const {
    return shape.directory < 0 ? AT_FDCWD : static_cast<int>(argument(shape.directory));
  }
  int flags() const {
    return shape.fixed_flags | (shape.flags < 0 ? 0 : static_cast<int>(argument(shape.flags)));
  }
  std::optional<std::string> path() const {
    if (shape.path < 0) return std::string();
    return process.read_path(argument(shape.path));
  }
};

/// Numbers of the *stat calls' structure, as the kernel lays it out: glibc takes it as it is.
static_assert(sizeof(struct stat) == 144 || sizeof(struct stat) == 128);

class Clerk {
public:
  explicit Clerk(MetadataRecord& record) : record_(record), numbers_(proc_numbers()) {}

  Answer answer(const seccomp_notif& notification) {
    const auto shape = find_call_shape(notification.data.nr);
    if (!shape) return k_go_on;
    const AskingProcess process(static_cast<pid_t>(notification.pid), numbers_);
    const Question question{process, *shape, notification.data};
    switch (shape->kind) {
    case CallKind::change_owner:
      return change_owner(question);
    case CallKind::make_node:
      return make_node(question);
    case CallKind::status:
    case CallKind::extended_status:
      return record_.empty() ? k_go_on : tell_status(question);
    }
    return k_go_on;
  }

private:
  static fs::UniqueFd open(const Question& question) {
    const auto path = question.path();
    if (!path) return {};
    return question.process.open(question.directory(), *path, question.flags());
  }

  Answer change_owner(const Question& question) {
    const fs::UniqueFd file = open(question);
    if (!file) return k_go_on;
    const auto owner = static_cast<std::uint32_t>(question.argument(question.shape.first));
    const auto group = static_cast<std::uint32_t>(question.argument(question.shape.second));
    const int error_number = record_.change_owner(file.get(), owner, group);
    return error_number == 0 ? k_success : failure(error_number);
  }

  Answer make_node(const Question& question) {
    const auto mode = static_cast<mode_t>(question.argument(question.shape.first));
    if (!S_ISCHR(mode) && !S_ISBLK(mode)) return k_go_on;
    const auto path = question.path();
    if (!path || path->empty() || path->ends_with('/')) return k_go_on;
    const std::size_t slash = path->rfind('/');
    const std::string parent =
        slash == std::string::npos ? "." : path->substr(0, std::max<std::size_t>(slash, 1));
    const std::string name = path->substr(slash == std::string::npos ? 0 : slash + 1);
    const fs::UniqueFd directory = question.process.open(question.directory(), parent, 0);
    if (!directory) return k_go_on;
    const mode_t permissions = mode & 07777U & ~question.process.umask();
    const auto device = static_cast<dev_t>(question.argument(question.shape.second));
    if (::mknodat(directory.get(), name.c_str(), (mode & S_IFMT) | permissions, device) == 0)
      return k_success;
    if (!is_refusal(errno)) return failure(errno);
    if (::mknodat(directory.get(), name.c_str(), S_IFREG | permissions, 0) != 0)
      return failure(errno);
    const fs::UniqueFd file(
        ::openat(directory.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    RecordedMetadata metadata;
    metadata.device_type = mode & S_IFMT;
    metadata.device = device;
    record_.set(file.get(), metadata);
    return k_success;
  }

  Answer tell_status(const Question& question) const {
    const fs::UniqueFd file = open(question);
    const RecordedMetadata* metadata = file ? record_.find(file.get()) : nullptr;
    if (metadata == nullptr) return k_go_on;
    const std::uint64_t target = question.argument(question.shape.first);
    return question.shape.kind == CallKind::status
               ? tell_plain(question.process, file, *metadata, target)
               : tell_extended(question.process, file, *metadata, target);
  }

  static Answer tell_plain(const AskingProcess& process, const fs::UniqueFd& file,
                           const RecordedMetadata& metadata, std::uint64_t target) {
    struct stat status {};
    if (::fstatat(file.get(), "", &status, AT_EMPTY_PATH) != 0) return k_go_on;
    metadata.apply_to(status);
    return process.write(target, &status, sizeof status) ? k_success : failure(EFAULT);
  }

  static Answer tell_extended(const AskingProcess& process, const fs::UniqueFd& file,
                              const RecordedMetadata& metadata, std::uint64_t target) {
    struct statx status {};
    if (::statx(file.get(), "", AT_EMPTY_PATH, STATX_ALL, &status) != 0) return k_go_on;
    status.stx_uid = metadata.owner.value_or(status.stx_uid);
    status.stx_gid = metadata.group.value_or(status.stx_gid);
    if (metadata.device_type != 0) {
      status.stx_mode =
          static_cast<std::uint16_t>((status.stx_mode & 07777U) | metadata.device_type);
      status.stx_rdev_major = major(metadata.device);
      status.stx_rdev_minor = minor(metadata.device);
    }
    return process.write(target, &status, sizeof status) ? k_success : failure(EFAULT);
  }

  MetadataRecord& record_;
  ProcNumbers numbers_;
};

/// Who asks and who answers take turns: on one processor each answer costs half. Linux 6.6 knows it
/// (seccomp.h: SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP); without it the
/// answers are the same, ignoring.
void take_turns(const fs::UniqueFd& listener) {
  constexpr unsigned long k_set_flags = _IOW('!', 4, std::uint64_t);
  constexpr unsigned long k_sync_wake_up = 1;
  ::ioctl(listener.get(), k_set_flags, k_sync_wake_up);
}

/// False when every process with the filter is gone.
bool wait_for_question(const fs::UniqueFd& listener) {
  pollfd polled{listener.get(), POLLIN, 0};
  while (::poll(&polled, 1, -1) < 0 && errno == EINTR) {
  }
  return (polled.revents & POLLIN) != 0;
}

} // namespace

void keep_record(const fs::UniqueFd& listener, MetadataRecord& record) {
  ::umask(0);
  seccomp_notif_sizes sizes{};
  if (::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0)
    throw_cannot_enter("cannot supervise", "system calls");
  // The kernel's structures may be larger than those that this program knows.
  std::vector<std::uint64_t> question(
      std::max<std::size_t>(sizes.seccomp_notif, sizeof(seccomp_notif)) / 8 + 1);
  std::vector<std::uint64_t> reply(
      std::max<std::size_t>(sizes.seccomp_notif_resp, sizeof(seccomp_notif_resp)) / 8 + 1);
  Clerk clerk(record);
  take_turns(listener);
  while (wait_for_question(listener)) {
    std::ranges::fill(question, 0);
    std::ranges::fill(reply, 0);
    auto* asked = reinterpret_cast<seccomp_notif*>(question.data());
    auto* answered = reinterpret_cast<seccomp_notif_resp*>(reply.data());
    // The process was killed while it waited.
    if (::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_RECV, asked) != 0) continue;
    const Answer answer = clerk.answer(*asked);
    answered->id = asked->id;
    answered->error = -answer.error_number;
    answered->flags = answer.is_kernels ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
    ::ioctl(listener.get(), SECCOMP_IOCTL_NOTIF_SEND, answered);
  }
}

} // namespace imagewright::sandbox
