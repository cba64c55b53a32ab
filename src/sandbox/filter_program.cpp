// SPDX-License-Identifier: MIT
#include "filter_program.hpp"

#include <cerrno>
#include <cstddef>

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace imagewright::sandbox {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t k_interface = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t k_interface = AUDIT_ARCH_AARCH64;
#endif

sock_filter statement(unsigned code, std::uint32_t value) {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}

sock_filter jump(unsigned condition, std::uint32_t value, unsigned when_true, unsigned otherwise) {
  return {static_cast<std::uint16_t>(BPF_JMP | condition | BPF_K),
          static_cast<std::uint8_t>(when_true), static_cast<std::uint8_t>(otherwise), value};
}

sock_filter load(std::size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

sock_filter give(FilterAction action) {
  return statement(BPF_RET | BPF_K, action);
}

} // namespace

FilterAction refuse_with(int error_number) {
  return SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(error_number) & SECCOMP_RET_DATA);
}

FilterProgram::FilterProgram()
    : program_{load(offsetof(seccomp_data, arch)), jump(BPF_JEQ, k_interface, 1, 0),
               give(refuse_with(ENOSYS)), load(offsetof(seccomp_data, nr))} {
#if defined(__x86_64__)
  // arch/x86/include/uapi/asm/unistd.h: __X32_SYSCALL_BIT, a third interface under the same name.
  program_.push_back(jump(BPF_JGE, 0x40000000U, 0, 1));
  program_.push_back(give(refuse_with(ENOSYS)));
#endif
}

void FilterProgram::add(std::span<const long> calls, FilterAction action) {
  for (const long call : calls) {
    program_.push_back(jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 1));
    program_.push_back(give(action));
  }
}

/// All machines of ours are little-endian: the lower half comes first.
void FilterProgram::load_argument(unsigned argument) {
  program_.push_back(load(offsetof(seccomp_data, args) + std::size_t{8} * argument));
}

void FilterProgram::add_when_equal(long call, unsigned argument, std::uint32_t mask,
                                   std::uint32_t value, FilterAction action) {
  program_.push_back(jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 5));
  load_argument(argument);
  program_.push_back(statement(BPF_ALU | BPF_AND | BPF_K, mask));
  program_.push_back(jump(BPF_JEQ, value, 0, 1));
  program_.push_back(give(action));
  program_.push_back(load(offsetof(seccomp_data, nr)));
}

void FilterProgram::add_when_any(long call, unsigned argument, std::uint32_t mask,
                                 FilterAction action) {
  program_.push_back(jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 4));
  load_argument(argument);
  program_.push_back(jump(BPF_JSET, mask, 0, 1));
  program_.push_back(give(action));
  program_.push_back(load(offsetof(seccomp_data, nr)));
}

void FilterProgram::add_unless_equal(long call, unsigned argument, std::uint32_t value,
                                     FilterAction action) {
  program_.push_back(jump(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 4));
  load_argument(argument);
  program_.push_back(jump(BPF_JEQ, value, 1, 0));
  program_.push_back(give(action));
  program_.push_back(load(offsetof(seccomp_data, nr)));
}

int FilterProgram::install(FilterAction otherwise, unsigned flags) {
  program_.push_back(give(otherwise));
  const sock_fprog program{static_cast<unsigned short>(program_.size()), program_.data()};
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

} // namespace imagewright::sandbox
