// SPDX-License-Identifier: MIT
#pragma once

// The files of an archive or of a filesystem as one table, for rules that ask of both.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/fs/file_type.hpp>

namespace imagewright::lint {

/// One file as it is stored.
struct FileFacts {
  fs::FileType type = fs::FileType::regular;
  mode_t permissions = 0;
  std::int64_t owner = 0;
  std::int64_t group = 0;
  std::uint64_t size = 0;
  std::string link_target;
  std::vector<std::string> attributes; ///< names of extended attributes
};

/// Absolute paths. Nothing is followed but by `resolve`, and what uses it.
class FileSet {
public:
  using ContentReader = std::function<std::string(const std::string& path, std::size_t count)>;

  /// Replaces what stood there.
  void add(std::string path, FileFacts facts) { files_[std::move(path)] = std::move(facts); }
  void set_reader(ContentReader reader) { reader_ = std::move(reader); }

  const std::map<std::string, FileFacts, std::less<>>& all() const { return files_; }
  /// The path with every link followed; nothing when it leads nowhere.
  std::optional<std::string> resolve(std::string_view path) const;
  /// What the path leads to, or null.
  const FileFacts* find(std::string_view path) const;
  /// What stands there, links too, or null.
  const FileFacts* find_itself(std::string_view path) const;
  /// Names in what the path leads to.
  std::vector<std::string> list(std::string_view path) const;
  /// The content of the regular file that the path leads to; nothing when there is none or it is
  /// larger than the limit.
  std::optional<std::string> read(std::string_view path, base::ByteSize limit) const;
  /// At most so many bytes of its start.
  std::string head(std::string_view path, std::size_t count) const;

private:
  std::map<std::string, FileFacts, std::less<>> files_;
  ContentReader reader_;
};

} // namespace imagewright::lint
