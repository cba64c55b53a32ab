// SPDX-License-Identifier: MIT
#pragma once

// The indexes of a repository, repomd.xml, metalinks and lists of mirrors, as a worker reads them
// that has the file and nothing else. What comes back is what stands there: nothing of it was
// checked.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <imagewright/base/cancellation.hpp>

namespace imagewright::repo {

/// An element "data" of repomd.xml.
struct IndexRecord {
  std::string path;
  std::string base;
  std::string checksum_type;
  std::string checksum;
  std::int64_t size = 0; ///< zero when it does not say
};

struct RepomdIndex {
  std::string fault; ///< why it cannot be read; then there is nothing else
  std::map<std::string, IndexRecord> records;
  bool has_modules = false;
};

struct MetalinkUrl {
  std::int64_t preference = 0;
  std::string url;
};

/// Type and value of each checksum that is announced for one version of a file.
using AnnouncedChecksums = std::vector<std::pair<std::string, std::string>>;

struct MetalinkIndex {
  std::vector<MetalinkUrl> urls;
  std::vector<AnnouncedChecksums> versions;
};

/// `subject` is whose file it is, for messages. Throws base::Error (sandbox.worker-…).
RepomdIndex read_repomd_index(const std::filesystem::path& file, const std::string& subject,
                              const base::Cancellation& cancellation);

/// Nothing at all when it cannot be read.
MetalinkIndex read_metalink_index(const std::filesystem::path& file, const std::string& subject,
                                  const base::Cancellation& cancellation);

/// The lines of a list that are neither empty nor comments.
std::vector<std::string> read_address_list(const std::filesystem::path& file,
                                           const std::string& subject,
                                           const base::Cancellation& cancellation);

} // namespace imagewright::repo
