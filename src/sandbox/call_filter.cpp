// SPDX-License-Identifier: MIT
#include "call_filter.hpp"

#include <array>
#include <cstring>

#include <linux/seccomp.h>
#include <sys/socket.h>

#include "filter_program.hpp"
#include "metadata_calls.hpp"
#include "mount_api.hpp"

namespace imagewright::sandbox {

fs::UniqueFd filter_metadata_calls() {
  FilterProgram filter;
  filter.add(metadata_call_numbers(), SECCOMP_RET_USER_NOTIF);
  fs::UniqueFd listener(filter.install(SECCOMP_RET_ALLOW, SECCOMP_FILTER_FLAG_NEW_LISTENER));
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
