// SPDX-License-Identifier: MIT
#include "repomd.hpp"

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>

#include "failure.hpp"
#include "source.hpp"

namespace imagewright::repo {

namespace {

constexpr std::int64_t k_largest_metadata = std::int64_t{2} << 30;

[[noreturn]] void fail_damaged(const model::Repository& repository, const std::string& why) {
  fail(repository,
       {.kind = base::FailureKind::verification,
        .code = "repo.metadata-damaged",
        .message = fmt::format("repodata/repomd.xml {}", why),
        .hint = fmt::format("check that {} is an rpm-md repository", shown_address(repository))});
}

/// Zero when it does not say.
base::ByteSize size_of(const std::string& type, const IndexRecord& record,
                       const model::Repository& repository) {
  if (record.size < 0 || record.size > k_largest_metadata) {
    fail_damaged(repository, fmt::format("announces {} bytes of {} metadata", record.size, type));
  }
  return base::ByteSize(static_cast<std::uint64_t>(record.size));
}

MetadataRecord checked(const std::string& type, const IndexRecord& record,
                       const model::Repository& repository) {
  const std::string checksum = record.checksum_type + ":" + record.checksum;
  const auto digest = base::Digest::parse(checksum);
  if (!digest) {
    fail(repository,
         {.kind = base::FailureKind::verification,
          .code = "repo.weak-checksum",
          .message = fmt::format("its {} metadata has the checksum {}, which is not SHA-2", type,
                                 base::quoted(checksum)),
          .hint = "ask whoever runs the repository to use createrepo_c --checksum sha256"});
  }
  MetadataRecord result{.path = record.path,
                        .base = record.base,
                        .digest = *digest,
                        .size = size_of(type, record, repository)};
  if (const auto fault = base::find_location_fault(result.path)) {
    fail_damaged(repository, fmt::format("places its {} metadata at {}, which {}", type,
                                         base::quoted(result.path), *fault));
  }
  if (result.base.empty()) return result;
  if (const auto fault = find_base_fault(result.base, source_of(repository))) {
    fail_damaged(repository, fmt::format("places its {} metadata below {}, which {}", type,
                                         base::quoted(base::without_secrets(result.base)), *fault));
  }
  return result;
}

/// Packages of a stream that nobody chose must never get into an image, and which packages those
/// are stands in metadata that we do not read.
[[noreturn]] void refuse_modules(const model::Repository& repository) {
  fail(repository,
       {.code = "repo.modules-unsupported",
        .message = "it has module streams (\"modules\" in its repodata/repomd.xml), and which "
                   "packages belong to the default streams is not known here",
        .hint = "use a repository without modules, or make one of the packages that you want with "
                "createrepo_c"});
}

const RepomdIndex& index_of(FetchContext& context, const base::Digest& digest,
                            const model::Repository& repository) {
  const auto known = context.indexes.find(digest.hex);
  if (known != context.indexes.end()) return known->second;
  const auto file = context.cache.find(digest);
  if (!file) throw base::BugError("repomd.xml is read that nobody kept");
  return context.indexes
      .emplace(digest.hex, read_repomd_index(*file,
                                             "repodata/repomd.xml of the repository " +
                                                 base::quoted(repository.name),
                                             context.cancellation))
      .first->second;
}

} // namespace

std::map<std::string, MetadataRecord> read_repomd(FetchContext& context, const base::Digest& digest,
                                                  const model::Repository& repository) {
  const RepomdIndex& index = index_of(context, digest, repository);
  if (!index.fault.empty())
    fail_damaged(repository, "cannot be read: " + base::escape_controls(index.fault));
  std::map<std::string, MetadataRecord> records;
  for (const auto& [type, record] : index.records)
    records[type] = checked(type, record, repository);
  if (index.has_modules) refuse_modules(repository);
  if (records.count("primary") == 0) fail_damaged(repository, "names no primary metadata");
  return records;
}

} // namespace imagewright::repo
