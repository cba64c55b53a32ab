// SPDX-License-Identifier: MIT
#include "metadata_loader.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/file.hpp>

#include "failure.hpp"
#include "key_loader.hpp"
#include "keyring.hpp"
#include "repomd.hpp"

namespace imagewright::repo {

namespace {

constexpr base::ByteSize k_largest_repomd = base::ByteSize::mib(16);
constexpr base::ByteSize k_largest_signature = base::ByteSize::mib(1);
constexpr const char* k_note_kind = "repository";
constexpr const char* k_repomd_path = "repodata/repomd.xml";
constexpr const char* k_signature_path = "repodata/repomd.xml.asc";

/// repomd.xml and its signature as they came.
struct TableOfContents {
  std::string content;
  std::optional<std::string> signature;
  DownloadResult signature_failure;
};

bool is_signed(const model::Repository& repository) {
  return repository.metadata_signature == model::SignatureCheck::required;
}

[[noreturn]] void fail_to_get(const model::Repository& repository, const std::string& path,
                              const DownloadFailure& failure) {
  const std::string check_address = fmt::format("check the address {}", shown_address(repository));
  switch (failure.problem) {
  case DownloadProblem::missing:
    fail(repository, {.code = "repo.metadata-missing",
                      .message = fmt::format("there is no {}: {}", path, failure.detail),
                      .hint = check_address + "; it must be the directory that holds repodata/"});
  case DownloadProblem::broken_off:
  case DownloadProblem::wrong_size:
    fail(repository,
         {.kind = base::FailureKind::verification,
          .code = "repo.metadata-truncated",
          .message = fmt::format("{} is not as long as announced: {}", path, failure.detail),
          .hint = "try again; when it stays so, the repository or its mirror is damaged"});
  case DownloadProblem::wrong_content:
    fail(repository,
         {.kind = base::FailureKind::verification,
          .code = "repo.metadata-checksum",
          .message =
              fmt::format("{} does not have its announced checksum: {}", path, failure.detail),
          .hint = "try again; when it stays so, the repository or its mirror is damaged"});
  case DownloadProblem::portal:
    fail_portal(repository, path, failure);
  case DownloadProblem::unreachable:
    break;
  }
  fail(repository,
       {.code = "repo.unreachable",
        .message = fmt::format("cannot get {}: {}", path, failure.detail),
        .hint = failure.hint.empty() ? check_address + " and the network, or use --offline"
                                     : failure.hint});
}

[[noreturn]] void fail_signature(const model::Repository& repository, const std::string& code,
                                 const std::string& what, const std::string& hint) {
  fail(repository,
       {.kind = base::FailureKind::verification, .code = code, .message = what, .hint = hint});
}

/// Refuses what was not signed by one of exactly this repository's keys.
void require_good_signature(Keyring& keyring, const model::Repository& repository,
                            const TableOfContents& table) {
  const SignatureResult result = keyring.verify(table.content, table.signature.value_or(""));
  switch (result.verdict) {
  case SignatureVerdict::good:
    return;
  case SignatureVerdict::unknown_key:
    fail_signature(
        repository, "repo.signature-unknown-key",
        fmt::format("its metadata was signed by the key {}, which is not one of its keys",
                    result.signer),
        "when you trust that key, add it under gpgKeys");
  case SignatureVerdict::expired:
    fail_signature(repository, "repo.signature-expired",
                   fmt::format("its metadata was signed by the key {}, and that key or signature "
                               "has expired or was revoked",
                               result.signer),
                   "get the repository's current key");
  case SignatureVerdict::weak:
    fail_signature(repository, "repo.signature-weak",
                   fmt::format("the signature of its metadata by {} is over a digest that can be "
                               "forged (SHA-1 or older)",
                               result.signer),
                   "ask whoever runs the repository to sign with SHA-256 or better");
  case SignatureVerdict::not_yet:
    fail(repository, {.kind = base::FailureKind::host,
                      .code = "repo.clock-behind",
                      .message = "its metadata was signed after what the clock of this host says",
                      .hint = "set the clock of this host"});
  case SignatureVerdict::bad:
    break;
  }
  fail_signature(repository, "repo.signature-bad",
                 "the signature of its metadata does not fit its content",
                 "do not use this repository until whoever runs it has explained why");
}

void require_signature(const model::Repository& repository, const TableOfContents& table) {
  if (!is_signed(repository) || table.signature || !table.signature_failure) return;
  if (table.signature_failure->problem != DownloadProblem::missing) {
    fail_to_get(repository, k_signature_path, *table.signature_failure);
  }
  fail_signature(repository, "repo.signature-missing",
                 fmt::format("its metadata is not signed: {}", table.signature_failure->detail),
                 "when that is known and accepted, set repoGpgCheck of the repository to false");
}

void require_keys(const model::Repository& repository) {
  if (!repository.gpg_keys.empty()) return;
  fail_signature(
      repository, "repo.signature-unverifiable",
      "its metadata must be signed, but no keys are given",
      "give its public keys under gpgKeys, or set repoGpgCheck of the repository to false");
}

/// Verifies repomd.xml and gives the fingerprints of the keys that may sign.
std::vector<std::string> verify(FetchContext& context, const model::Repository& repository,
                                const TableOfContents& table) {
  const bool wants_packages = repository.package_signatures == model::SignatureCheck::required;
  if (!is_signed(repository) && !(wants_packages && !repository.gpg_keys.empty())) return {};
  if (is_signed(repository)) require_keys(repository);
  Keyring keyring(context.cache.directory() / "staging");
  const auto keys = read_keys(
      context, keyring, load_key_files(context, repository, KeyFreshness::current), repository);
  if (is_signed(repository)) require_good_signature(keyring, repository, table);
  return fingerprints_of(keys);
}

/// Which of the repositories a download belongs to, and which file it is.
struct Piece {
  std::size_t repository = 0;
  std::string path;
};

class MetadataLoader {
public:
  MetadataLoader(FetchContext& context, const std::vector<model::Repository>& repositories)
      : context_(context), repositories_(repositories), staging_(context.cache.stage()) {}

  std::vector<model::RepositorySnapshot> load() {
    fetch_tables();
    std::vector<model::RepositorySnapshot> snapshots;
    for (std::size_t index = 0; index < repositories_.size(); ++index) {
      snapshots.push_back(open_snapshot(index));
    }
    fetch_primaries();
    for (std::size_t index = 0; index < repositories_.size(); ++index) {
      snapshots[index].primary = context_.cache.find(primaries_[index].digest).value();
      remember(index, snapshots[index]);
    }
    return snapshots;
  }

private:
  void add(std::vector<Download>& downloads, std::vector<Piece>& pieces, std::size_t repository,
           const std::string& path) {
    const std::string name = fmt::format("{}-{}", downloads.size(), repository);
    downloads.push_back({.source = source_of(repositories_[repository]),
                         .path = path,
                         .target = staging_.path() / ("file-" + name)});
    pieces.push_back({repository, path});
  }

  void fetch_tables() {
    tables_.resize(repositories_.size());
    primaries_.resize(repositories_.size());
    std::vector<std::size_t> reachable;
    for (std::size_t index = 0; index < repositories_.size(); ++index) {
      if (context_.can_fetch_from(source_of(repositories_[index]))) {
        reachable.push_back(index);
      } else {
        tables_[index] = recall(repositories_[index]);
      }
    }
    fetch_tables_of(reachable);
  }

  void fetch_tables_of(const std::vector<std::size_t>& indexes) {
    std::vector<Download> downloads;
    std::vector<Piece> pieces;
    for (const std::size_t index : indexes) {
      add(downloads, pieces, index, k_repomd_path);
      downloads.back().largest = k_largest_repomd;
    }
    auto results = context_.downloader.fetch(downloads);
    for (std::size_t item = 0; item < results.size(); ++item) {
      const model::Repository& repository = repositories_[pieces[item].repository];
      if (results[item]) fail_to_get(repository, k_repomd_path, *results[item]);
      tables_[pieces[item].repository] = {.content = take(downloads[item], k_largest_repomd)};
    }
    fetch_signatures_of(indexes);
  }

  /// Each from the server that gave the file that it signs: mirrors differ.
  void fetch_signatures_of(const std::vector<std::size_t>& indexes) {
    std::vector<Download> downloads;
    std::vector<Piece> pieces;
    for (const std::size_t index : indexes) {
      if (!is_signed(repositories_[index])) continue;
      add(downloads, pieces, index, k_signature_path);
      downloads.back().source = context_.downloader.last_mirror_of(downloads.back().source);
      downloads.back().largest = k_largest_signature;
    }
    const auto results = context_.downloader.fetch(downloads);
    for (std::size_t item = 0; item < results.size(); ++item) {
      TableOfContents& table = tables_[pieces[item].repository];
      table.signature_failure = results[item];
      if (!results[item]) table.signature = take(downloads[item], k_largest_signature);
    }
  }

  static std::string take(const Download& download, base::ByteSize largest) {
    std::string content = fs::read_file(download.target, largest);
    std::filesystem::remove(download.target);
    return content;
  }

  /// What was remembered of a repository that cannot be asked now.
  TableOfContents recall(const model::Repository& repository) {
    const auto note = context_.cache.find_note(k_note_kind, note_key(repository));
    const auto lines = note ? base::split(*note, '\n') : std::vector<std::string>{};
    TableOfContents table;
    const auto read = [&](const std::string& line) -> std::optional<std::string> {
      const auto digest = base::Digest::parse(line);
      const auto path = digest ? context_.cache.find(*digest) : std::nullopt;
      if (!path) return std::nullopt;
      return fs::read_file(*path, k_largest_repomd);
    };
    auto content = lines.empty() ? std::nullopt : read(lines[0]);
    if (lines.size() > 1) table.signature = read(lines[1]);
    if (!content || (is_signed(repository) && !table.signature)) {
      fail(repository, {.code = "repo.offline",
                        .message = "its metadata is not in the cache",
                        .hint = "run once without --offline"});
    }
    table.content = *std::move(content);
    return table;
  }

  void remember(std::size_t index, const model::RepositorySnapshot& snapshot) {
    const model::Repository& repository = repositories_[index];
    if (source_of(repository).is_local()) return;
    std::string note = snapshot.metadata.to_string();
    if (tables_[index].signature) {
      note += "\n" + context_.cache.put_text(*tables_[index].signature).to_string();
    }
    context_.cache.put_note(k_note_kind, note_key(repository), note);
  }

  static std::string note_key(const model::Repository& repository) { return repository.address(); }

  /// A mirror that is behind, or gives what its repository never signed, is passed over.
  model::RepositorySnapshot open_snapshot(std::size_t index) {
    const Source source = source_of(repositories_[index]);
    while (true) {
      try {
        return open_table(index);
      } catch (const base::Error& error) {
        const bool is_of_content = error.kind() == base::FailureKind::verification;
        const std::string& why = error.diagnostic().message;
        if (!is_of_content || !context_.can_fetch_from(source) ||
            !context_.downloader.pass_over_last_mirror(source, why)) {
          throw;
        }
      }
      fetch_tables_of({index});
    }
  }

  model::RepositorySnapshot open_table(std::size_t index) {
    const model::Repository& repository = repositories_[index];
    require_signature(repository, tables_[index]);
    model::RepositorySnapshot snapshot{.repository = repository};
    snapshot.key_fingerprints = verify(context_, repository, tables_[index]);
    snapshot.metadata = context_.cache.put_text(tables_[index].content);
    const auto records = read_repomd(context_, snapshot.metadata, repository);
    primaries_[index] = records.at("primary");
    snapshot.has_filelists = records.count("filelists") > 0;
    return snapshot;
  }

  void fetch_primaries() {
    std::vector<Download> downloads;
    std::vector<Piece> pieces;
    for (std::size_t index = 0; index < repositories_.size(); ++index) {
      const MetadataRecord& record = primaries_[index];
      if (context_.cache.find(record.digest)) continue;
      if (!context_.can_fetch_from(source_of(repositories_[index]))) {
        recall_failed(repositories_[index]);
      }
      add(downloads, pieces, index, record.path);
      downloads.back().source = source_below(record.base, downloads.back().source);
      downloads.back().digest = record.digest;
      if (record.size > base::ByteSize(0)) downloads.back().size = record.size;
    }
    const auto results = context_.downloader.fetch(downloads);
    for (std::size_t index = 0; index < results.size(); ++index) {
      store(context_, repositories_[pieces[index].repository], downloads[index], results[index]);
    }
  }

  [[noreturn]] static void recall_failed(const model::Repository& repository) {
    fail(repository, {.code = "repo.offline",
                      .message = "its package list is not in the cache",
                      .hint = "run once without --offline"});
  }

public:
  /// Moves a fetched metadata file into the cache.
  static void store(FetchContext& context, const model::Repository& repository,
                    const Download& download, const DownloadResult& result) {
    if (result) fail_to_get(repository, download.path, *result);
    const auto size = std::filesystem::file_size(download.target);
    if (download.size && size != download.size->bytes()) {
      fail_to_get(repository, download.path,
                  {DownloadProblem::wrong_size,
                   fmt::format("{} bytes instead of {}", size, download.size->bytes())});
    }
    try {
      context.cache.put_staged(download.target, *download.digest);
    } catch (const base::Error& error) {
      if (error.kind() != base::FailureKind::verification) throw;
      fail_to_get(repository, download.path,
                  {DownloadProblem::wrong_content, error.diagnostic().message});
    }
  }

private:
  FetchContext& context_;
  const std::vector<model::Repository>& repositories_;
  fs::TemporaryDirectory staging_;
  std::vector<TableOfContents> tables_;
  std::vector<MetadataRecord> primaries_;
};

} // namespace

std::vector<model::RepositorySnapshot>
load_metadata(FetchContext& context, const std::vector<model::Repository>& repositories) {
  return MetadataLoader(context, repositories).load();
}

std::optional<std::filesystem::path> load_filelists(FetchContext& context,
                                                    const model::RepositorySnapshot& snapshot) {
  if (!snapshot.has_filelists || !context.cache.find(snapshot.metadata)) return std::nullopt;
  const auto records = read_repomd(context, snapshot.metadata, snapshot.repository);
  const auto record = records.find("filelists");
  if (record == records.end()) return std::nullopt;
  if (auto cached = context.cache.find(record->second.digest)) return cached;
  const Source source = source_of(snapshot.repository);
  if (!context.can_fetch_from(source)) {
    fail(snapshot.repository, {.code = "repo.offline",
                               .message = "its file lists are not in the cache",
                               .hint = "run once without --offline"});
  }
  const fs::TemporaryDirectory staging = context.cache.stage();
  Download download{.source = source_below(record->second.base, source),
                    .path = record->second.path,
                    .target = staging.path() / "filelists",
                    .digest = record->second.digest};
  if (record->second.size > base::ByteSize(0)) download.size = record->second.size;
  const auto result = context.downloader.fetch({download});
  MetadataLoader::store(context, snapshot.repository, download, result.front());
  return context.cache.find(record->second.digest);
}

} // namespace imagewright::repo
