// SPDX-License-Identifier: MIT
#include "repomd.hpp"

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/file.hpp>

#include "failure.hpp"
#include "librepo_types.hpp"
#include "source.hpp"

namespace imagewright::repo {

namespace {

constexpr std::int64_t k_largest_metadata = std::int64_t{2} << 30;

std::string text_or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

[[noreturn]] void fail_damaged(const model::Repository& repository, const std::string& why) {
  fail(repository,
       {.kind = base::FailureKind::verification,
        .code = "repo.metadata-damaged",
        .message = fmt::format("repodata/repomd.xml {}", why),
        .hint = fmt::format("check that {} is an rpm-md repository", shown_address(repository))});
}

/// Zero when it does not say.
base::ByteSize size_of(const LrYumRepoMdRecord& record, const model::Repository& repository) {
  if (record.size < 0 || record.size > k_largest_metadata) {
    fail_damaged(repository,
                 fmt::format("announces {} bytes of {} metadata", record.size, record.type));
  }
  return base::ByteSize(static_cast<std::uint64_t>(record.size));
}

MetadataRecord read_record(const LrYumRepoMdRecord& record, const model::Repository& repository) {
  const std::string type = text_or_empty(record.type);
  const std::string checksum =
      text_or_empty(record.checksum_type) + ":" + text_or_empty(record.checksum);
  const auto digest = base::Digest::parse(checksum);
  if (!digest) {
    fail(repository,
         {.kind = base::FailureKind::verification,
          .code = "repo.weak-checksum",
          .message = fmt::format("its {} metadata has the checksum {}, which is not SHA-2", type,
                                 base::quoted(checksum)),
          .hint = "ask whoever runs the repository to use createrepo_c --checksum sha256"});
  }
  MetadataRecord result{.path = text_or_empty(record.location_href),
                        .base = text_or_empty(record.location_base),
                        .digest = *digest,
                        .size = size_of(record, repository)};
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
void refuse_modules(const LrYumRepoMd& repomd, const model::Repository& repository) {
  if (lr_yum_repomd_get_record(const_cast<LrYumRepoMd*>(&repomd), "modules") == nullptr) return;
  fail(repository,
       {.code = "repo.modules-unsupported",
        .message = "it has module streams (\"modules\" in its repodata/repomd.xml), and which "
                   "packages belong to the default streams is not known here",
        .hint = "use a repository without modules, or make one of the packages that you want with "
                "createrepo_c"});
}

} // namespace

std::map<std::string, MetadataRecord> read_repomd(const std::filesystem::path& file,
                                                  const model::Repository& repository) {
  const fs::UniqueFd fd = fs::open_for_reading(file);
  const RepomdPointer repomd(lr_yum_repomd_init());
  ErrorReceiver error;
  if (lr_yum_repomd_parse_file(repomd.get(), fd.get(), nullptr, nullptr, error.receive()) ==
      FALSE) {
    fail_damaged(repository, "cannot be read: " + base::escape_controls(error.text()));
  }
  std::map<std::string, MetadataRecord> records;
  for (const char* type : {"primary", "filelists"}) {
    if (const auto* record = lr_yum_repomd_get_record(repomd.get(), type)) {
      records[type] = read_record(*record, repository);
    }
  }
  refuse_modules(*repomd, repository);
  if (records.count("primary") == 0) fail_damaged(repository, "names no primary metadata");
  return records;
}

} // namespace imagewright::repo
