// SPDX-License-Identifier: MIT
#include "metadata_calls.hpp"

#include <array>

#include <fcntl.h>
#include <sys/syscall.h>

namespace imagewright::sandbox {

namespace {

// Older calls without a directory exist on some machines only: arguments as in syscall(2).
constexpr auto k_shapes = std::to_array<CallShape>({
    {SYS_fchownat, CallKind::change_owner, 0, 1, 2, 3, 4, 0},
    {SYS_fchown, CallKind::change_owner, 0, -1, 1, 2, -1, AT_EMPTY_PATH},
    {SYS_mknodat, CallKind::make_node, 0, 1, 2, 3, -1, AT_SYMLINK_NOFOLLOW},
    {SYS_newfstatat, CallKind::status, 0, 1, 2, -1, 3, 0},
    {SYS_fstat, CallKind::status, 0, -1, 1, -1, -1, AT_EMPTY_PATH},
    {SYS_statx, CallKind::extended_status, 0, 1, 4, -1, 2, 0},
#ifdef SYS_chown
    {SYS_chown, CallKind::change_owner, -1, 0, 1, 2, -1, 0},
    {SYS_lchown, CallKind::change_owner, -1, 0, 1, 2, -1, AT_SYMLINK_NOFOLLOW},
#endif
#ifdef SYS_mknod
    {SYS_mknod, CallKind::make_node, -1, 0, 1, 2, -1, AT_SYMLINK_NOFOLLOW},
#endif
#ifdef SYS_stat
    {SYS_stat, CallKind::status, -1, 0, 1, -1, -1, 0},
    {SYS_lstat, CallKind::status, -1, 0, 1, -1, -1, AT_SYMLINK_NOFOLLOW},
#endif
});

constexpr auto k_numbers = [] {
  std::array<long, k_shapes.size()> numbers{};
  for (std::size_t index = 0; index < k_shapes.size(); ++index)
    numbers[index] = k_shapes[index].number;
  return numbers;
}();

} // namespace

std::span<const long> metadata_call_numbers() {
  return k_numbers;
}

std::optional<CallShape> find_call_shape(long number) {
  for (const CallShape& shape : k_shapes) {
    if (shape.number == number) return shape;
  }
  return std::nullopt;
}

} // namespace imagewright::sandbox
