// SPDX-License-Identifier: MIT
#pragma once

// Reads archives that anybody made: which members there are, and what is in them.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/fs/file_type.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::archive {

/// One name in an archive, as it stands there.
struct TarMember {
  std::string path; ///< as it is written: "./etc/passwd", "etc/passwd", "/etc/passwd"
  fs::FileType type = fs::FileType::regular;
  mode_t permissions = 0;
  std::int64_t owner = 0;
  std::int64_t group = 0;
  std::string owner_name; ///< empty: the archive has none
  std::string group_name;
  std::uint64_t size = 0;
  std::string link_target;             ///< of symbolic links
  std::string hard_link;               ///< not empty: another name of this earlier member
  std::vector<std::string> attributes; ///< names of extended attributes, sorted
};

/// Of the members of an archive that holds a root, together.
inline constexpr base::ByteSize k_largest_root = base::ByteSize::gib(256);

/// Whoever keeps something of each member asks with every one. Throws base::Error
/// (archive.too-large) beyond four million.
void require_member_count(std::size_t count);

/// The name of a member as a path in the root that the archive holds: "./etc/passwd" as
/// "/etc/passwd"; nothing when it leads out of the root.
std::optional<std::string> path_in_root(const std::string& written);

/// Gives the first bytes of the member that is being visited, at most `count` of them.
using MemberContent = std::function<std::string(std::size_t count)>;
using MemberVisitor = std::function<void(const TarMember& member, const MemberContent& content)>;

/// Goes through a tar archive, compressed (gzip, zstd, xz, bzip2) or not, in its order.
/// Throws base::Error: archive.damaged for what is no tar archive or is cut off, archive.too-large
/// when the members are larger than `limit` together.
void read_tar(const std::filesystem::path& path, base::ByteSize limit, const MemberVisitor& visit,
              const base::Cancellation& cancellation);

/// Loads what reading a tar archive needs of the C library from files, for the rest of the process:
/// for workers that can open none. Throws base::Error (archive.unsupported).
void prepare_to_read_tar();

/// The same of a file that is open already, from where it stands; `name` is for messages.
void read_tar(fs::UniqueFd file, const std::string& name, base::ByteSize limit,
              const MemberVisitor& visit, const base::Cancellation& cancellation);

/// The same of a tar archive or a ZIP archive. The size of a member of a ZIP archive is 0 where
/// only its content tells it: whoever reads it counts.
void read_tar_or_zip(fs::UniqueFd file, const std::string& name, base::ByteSize limit,
                     const MemberVisitor& visit, const base::Cancellation& cancellation);

} // namespace imagewright::archive
