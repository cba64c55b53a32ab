// SPDX-License-Identifier: MIT
#pragma once

// Outputs that appear under their names only when all of them are complete.

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/digest.hpp>
#include <imagewright/fs/claimed_directory.hpp>

namespace imagewright::fs {

/// The digests of everything that was published into a directory.
inline constexpr std::string_view k_sums_name = "SHA256SUMS";

/// A finished output and its digest.
struct PublishedFile {
  std::filesystem::path path;
  base::Digest digest;

  bool operator==(const PublishedFile&) const = default;
};

/// Stages files in a hidden directory beside their final place, then syncs and renames them
/// together with SHA256SUMS. Destroyed without publish(), it leaves nothing behind; what a killed
/// process left behind is removed by the next publication into the same directory.
class Publication {
public:
  /// Creates `directory` when it is missing. Throws base::Error (fs.cannot-write).
  explicit Publication(std::filesystem::path directory);

  /// Where to write the output that will be called `name`, which may be in directories of its own;
  /// those the caller makes.
  std::filesystem::path staged_path(const std::string& name) const;
  /// Of these files something is made: publish() replaces none of them, by whatever name. They need
  /// not be there.
  void keep(const std::vector<std::filesystem::path>& inputs);
  /// Throws base::Error (fs.output-is-input) when an output of that name would replace one of them.
  void require_free(const std::string& name) const;

  /// Says that the staged file `name` is complete. When the digest is known already it is not
  /// computed again.
  void add(const std::string& name, base::Digest digest);
  void add(const std::string& name);

  /// Renames every added file into place and merges their digests into SHA256SUMS (entries of other
  /// files stay as long as those files exist). At every moment each file under its final name is
  /// whole, and each that SHA256SUMS lists is the one that it means: the old entries go before the
  /// files, the new ones come after them. Waits for another publication into the same directory.
  /// Gives the files in the order of their names. Throws base::Error (fs.output-is-input, as
  /// require_free(), and fs.cannot-write); when it throws, everything is as it was before:
  /// no file of a set whose others are missing stays, and what was to be replaced is back (where
  /// the filesystem can exchange two files; elsewhere it is gone).
  std::vector<PublishedFile> publish();

  /// Several publications as one: either all files of all of them appear, or none. Each directory
  /// has its own SHA256SUMS; otherwise as publish(). Gives the files of one after those of the
  /// other.
  static std::vector<PublishedFile> publish_all(std::span<Publication* const> publications);

private:
  struct Entry {
    std::string name;
    base::Digest digest;
  };

  class Placement;

  void place_all(Placement& placement, std::vector<PublishedFile>& published) const;
  void sync_entries() const;
  void sync_directories() const;
  void place_sums(Placement& placement, const std::string& staged_name,
                  const std::map<std::string, std::string>& sums) const;

  std::filesystem::path directory_;
  ClaimedDirectory staging_;
  std::vector<Entry> entries_;
  std::vector<std::filesystem::path> inputs_;
};

} // namespace imagewright::fs
