// SPDX-License-Identifier: MIT
#pragma once

// What is in an archive of the config, which anybody may have made: a worker reads it.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::finalize {

/// More than the largest of what nodes are given, and little enough for any disk.
inline constexpr base::ByteSize k_largest_unpacked = base::ByteSize::gib(8);
inline constexpr std::size_t k_most_members = 262144;

enum class MemberKind : std::uint8_t { file, directory, symlink, hard_link, special };

/// One name of an archive. Nothing of it has been checked.
struct ArchiveMember {
  std::string path;
  std::string target; ///< of links
  MemberKind kind = MemberKind::file;
  mode_t permissions = 0;
  bool has_capabilities = false;
  std::uint64_t offset = 0; ///< of files: where in the room their content begins
  std::uint64_t size = 0;   ///< of files; never beyond the end of the room
};

/// In the order of the archive; the content of files is written into `room`, an empty file.
/// Throws base::Error: archive.damaged, archive.too-large.
std::vector<ArchiveMember> read_archive_members(const std::filesystem::path& archive, int room,
                                                const base::Cancellation& cancellation);

inline constexpr std::string_view k_archive_members_job = "read-archive-members";
std::string write_archive_members(const sandbox::WorkerCall& call);

} // namespace imagewright::finalize
