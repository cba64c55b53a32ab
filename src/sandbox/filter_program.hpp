// SPDX-License-Identifier: MIT
#pragma once

// Filters of system calls, written as rules: what seccomp(2) wants is a small program.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include <linux/filter.h>

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::sandbox {

/// An action of seccomp(2), SECCOMP_RET_….
using FilterAction = std::uint32_t;

/// The call fails with that error number.
FilterAction refuse_with(int error_number);

/// Rules about the calls of this machine's own interface; the first that fits counts. Calls of
/// another interface of the same machine (32 bits) do not exist: ENOSYS.
class FilterProgram {
public:
  FilterProgram();

  void add(std::span<const long> calls, FilterAction action);
  void add(std::initializer_list<long> calls, FilterAction action) {
    add(std::span(calls.begin(), calls.size()), action);
  }
  /// When argument number `argument`, masked, is `value`. Only the lower 32 bits are looked at.
  void add_when_equal(long call, unsigned argument, std::uint32_t mask, std::uint32_t value,
                      FilterAction action);
  /// When a bit of `mask` is set in it.
  void add_when_any(long call, unsigned argument, std::uint32_t mask, FilterAction action);
  /// When it is something else.
  void add_unless_equal(long call, unsigned argument, std::uint32_t value, FilterAction action);

  /// From now on for this process and all that it starts; `otherwise` is for all other calls.
  /// `flags` are SECCOMP_FILTER_FLAG_…. Gives what seccomp(2) gave: a negative number and errno
  /// when it is not to be had.
  int install(FilterAction otherwise, unsigned flags);

private:
  void load_argument(unsigned argument);

  std::vector<sock_filter> program_;
};

} // namespace imagewright::sandbox
