// SPDX-License-Identifier: MIT
#include "repomd.hpp"

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "failure.hpp"
#include "librepo_types.hpp"
#include "source.hpp"

namespace imagewright::repo {

namespace {

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
  const std::string path = text_or_empty(record.location_href);
  if (!is_safe_relative_path(path)) {
    fail_damaged(repository, fmt::format("places its {} metadata at {}, outside the repository",
                                         type, base::quoted(path)));
  }
  const auto size = record.size > 0 ? static_cast<std::uint64_t>(record.size) : 0;
  return {.path = path, .digest = *digest, .size = base::ByteSize(size)};
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
  if (records.count("primary") == 0) fail_damaged(repository, "names no primary metadata");
  return records;
}

} // namespace imagewright::repo
