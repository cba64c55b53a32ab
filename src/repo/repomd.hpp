// SPDX-License-Identifier: MIT
#pragma once

// repomd.xml: the table of contents of a repository's metadata.

#include <map>
#include <string>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/model/repository.hpp>

#include "fetch_context.hpp"

namespace imagewright::repo {

/// One metadata file as repomd.xml announces it.
struct MetadataRecord {
  std::string path; ///< below the repository, or below `base`
  std::string base; ///< URL that takes the repository's place for this file; mostly empty
  base::Digest digest;
  base::ByteSize size; ///< zero when it does not say

  bool operator==(const MetadataRecord&) const = default;
};

/// Of the file of that digest in the cache, by type ("primary", "filelists"). A worker reads it,
/// once; what it says is checked here. Throws
/// base::Error: repo.metadata-damaged when it cannot be read, has no primary record, or places one
/// outside of the repository; repo.weak-checksum when a record that we need has no SHA-2 checksum;
/// repo.modules-unsupported when it has module streams; sandbox.worker-… when reading it does not
/// end as it should.
std::map<std::string, MetadataRecord> read_repomd(FetchContext& context, const base::Digest& digest,
                                                  const model::Repository& repository);

} // namespace imagewright::repo
