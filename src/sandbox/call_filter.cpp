// SPDX-License-Identifier: MIT
#include "call_filter.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <vector>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "metadata_calls.hpp"
#include "mount_api.hpp"

namespace imagewright::sandbox {

namespace {

/// Calls of the machine's other interfaces (32 bits) have other numbers and are let through.
#if defined(__x86_64__)
constexpr std::uint32_t k_interface = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t k_interface = AUDIT_ARCH_AARCH64;
#endif

sock_filter statement(unsigned code, std::uint32_t value) {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}

sock_filter jump_if_equal(std::uint32_t value, std::size_t when_equal, std::size_t otherwise) {
  return {BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint8_t>(when_equal),
          static_cast<std::uint8_t>(otherwise), value};
}

std::vector<sock_filter> make_filter() {
  const auto calls = metadata_call_numbers();
  std::vector<sock_filter> filter{
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      jump_if_equal(k_interface, 0, calls.size() + 1),
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (std::size_t index = 0; index < calls.size(); ++index) {
    filter.push_back(
        jump_if_equal(static_cast<std::uint32_t>(calls[index]), calls.size() - index, 0));
  }
  filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
  return filter;
}

} // namespace

fs::UniqueFd filter_metadata_calls() {
  std::vector<sock_filter> filter = make_filter();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  fs::UniqueFd listener(static_cast<int>(
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program)));
  if (!listener) throw_cannot_enter("cannot supervise", "system calls");
  return listener;
}

void send_descriptor(int socket, const fs::UniqueFd& descriptor) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int number = descriptor.get();
  std::memcpy(CMSG_DATA(header), &number, sizeof number);
  if (::sendmsg(socket, &message, MSG_NOSIGNAL) != 1)
    throw_cannot_enter("cannot hand over", "a descriptor");
}

fs::UniqueFd receive_descriptor(int socket) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  int number = -1;
  std::memcpy(&number, CMSG_DATA(header), sizeof number);
  return fs::UniqueFd(number);
}

} // namespace imagewright::sandbox
