// SPDX-License-Identifier: MIT
#include "key_loader.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include <imagewright/base/epoch.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/base/private_key.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/file.hpp>

#include "failure.hpp"
#include "key_search.hpp"

namespace imagewright::repo {

namespace {

constexpr base::ByteSize k_largest_key_file = base::ByteSize::mib(4);
constexpr const char* k_note_kind = "key";

std::string shown(const std::string& address) {
  return base::quoted(base::without_secrets(address));
}

std::optional<std::filesystem::path> find_cached(FetchContext& context,
                                                 const std::string& address) {
  const auto note = context.cache.find_note(k_note_kind, address);
  const auto digest = note ? base::Digest::parse(*note) : std::nullopt;
  return digest ? context.cache.find(*digest) : std::nullopt;
}

std::filesystem::path fetch_key(FetchContext& context, const model::Repository& repository,
                                const model::LocatedText& key, const FileAddress& from) {
  const std::string& address = key.text;
  const fs::TemporaryDirectory staging = context.cache.stage();
  const std::filesystem::path target = staging.path() / "key";
  const auto result = context.downloader.fetch({{.source = from.source,
                                                 .path = from.name,
                                                 .target = target,
                                                 .largest = k_largest_key_file}});
  if (result.front() && result.front()->problem == DownloadProblem::portal) {
    fail_portal(repository, "the key " + shown(address), *result.front(), key.where);
  }
  if (result.front()) {
    fail(repository, {.kind = base::FailureKind::verification,
                      .code = "repo.key-unreadable",
                      .message = fmt::format("cannot get the key {}: {}", shown(address),
                                             result.front()->detail),
                      .hint = result.front()->hint.empty() ? "correct the address under gpgKeys"
                                                           : result.front()->hint,
                      .where = key.where});
  }
  const std::string content = fs::read_file(target, k_largest_key_file);
  // Before anything of it is kept.
  if (base::is_private_key(content)) fail_private(repository, shown(address), key.where);
  const base::Digest digest = context.cache.put_text(content);
  context.cache.put_note(k_note_kind, address, digest.to_string());
  return context.cache.find(digest).value();
}

std::filesystem::path load_key_file(FetchContext& context, const model::Repository& repository,
                                    const model::LocatedText& key, KeyFreshness freshness) {
  const std::string& address = key.text;
  if (model::is_fingerprint(address)) return find_key_file(context, repository, key);
  const FileAddress from = address_of_file(address);
  const bool can_fetch = context.can_fetch_from(from.source);
  const bool may_be_old = freshness == KeyFreshness::cached && !from.source.is_local();
  if (may_be_old || !can_fetch) {
    if (auto cached = find_cached(context, address)) return *std::move(cached);
  }
  if (!can_fetch) {
    fail(repository, {.code = "repo.offline",
                      .message = fmt::format("the key {} is not in the cache", shown(address)),
                      .hint = "run once without --offline",
                      .where = key.where});
  }
  return fetch_key(context, repository, key, from);
}

std::string time_text(std::int64_t seconds) {
  return base::to_iso8601(base::Epoch(std::chrono::seconds(seconds)));
}

std::string current_time_text() {
  return base::to_iso8601(
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

/// The cache keeps nothing that turned out to be no public key: whoever names the wrong file may
/// name one that nobody else may read.
void forget(const FetchContext& context, const std::filesystem::path& file) {
  if (base::is_at_or_below(file.string(), (context.cache.directory() / "objects").string()))
    std::filesystem::remove(file);
}

/// Of several keys some may have had their day: that is how a repository changes its key. But one
/// has to count.
void require_usable(const std::vector<PublicKey>& keys, const model::Repository& repository) {
  const auto has_state = [&](KeyState state) {
    return std::find_if(keys.begin(), keys.end(),
                        [&](const PublicKey& key) { return key.state == state; });
  };
  if (keys.empty() || has_state(KeyState::usable) != keys.end()) return;
  const auto early = has_state(KeyState::not_yet_made);
  if (early != keys.end()) {
    fail(repository,
         {.kind = base::FailureKind::host,
          .code = "repo.clock-behind",
          .message = fmt::format("its key {} was made on {}, but the clock of this host says {}",
                                 early->fingerprint, time_text(early->made), current_time_text()),
          .hint = "set the clock of this host"});
  }
  const PublicKey& key = keys.front();
  fail(repository,
       {.kind = base::FailureKind::verification,
        .code = "repo.key-expired",
        .message = fmt::format("its key {} {}", key.fingerprint,
                               key.state == KeyState::revoked ? "was revoked" : "has expired"),
        .hint = "get the repository's current key; what an expired or revoked key signed is not "
                "believed"});
}

} // namespace

std::vector<std::filesystem::path>
load_key_files(FetchContext& context, const model::Repository& repository, KeyFreshness freshness) {
  std::vector<std::filesystem::path> files = keys_in_place_of(context, repository);
  if (!files.empty()) return files;
  for (const model::LocatedText& key : repository.gpg_keys) {
    files.push_back(load_key_file(context, repository, key, freshness));
  }
  return files;
}

std::vector<PublicKey> read_keys(FetchContext& context, Keyring& keyring,
                                 const std::vector<std::filesystem::path>& files,
                                 const model::Repository& repository) {
  for (std::size_t index = 0; index < files.size(); ++index) {
    const bool is_named = files.size() == repository.gpg_keys.size();
    const std::string name =
        is_named ? shown(repository.gpg_keys[index].text) : files[index].string();
    const base::SourceLocation where =
        is_named ? repository.gpg_keys[index].where : base::SourceLocation();
    const KeyFile found = keyring.add(fs::read_file(files[index], k_largest_key_file));
    if (found == KeyFile::public_keys) continue;
    forget(context, files[index]);
    if (found == KeyFile::private_keys) fail_private(repository, name, where);
    if (found == KeyFile::damaged) {
      fail(repository, {.kind = base::FailureKind::verification,
                        .code = "repo.key-unreadable",
                        .message = fmt::format("a key in {} is damaged", name),
                        .hint = "get the file once more from whoever signs the repository",
                        .where = where});
    }
    fail(repository, {.kind = base::FailureKind::verification,
                      .code = "repo.key-unreadable",
                      .message = fmt::format("{} holds no public OpenPGP key", name),
                      .hint = "give the public key of whoever signs the repository, with its user "
                              "name and self-signature",
                      .where = where});
  }
  std::vector<PublicKey> keys = keyring.keys();
  require_usable(keys, repository);
  return keys;
}

std::vector<std::string> fingerprints_of(const std::vector<PublicKey>& keys) {
  std::vector<std::string> fingerprints;
  for (const PublicKey& key : keys)
    fingerprints.push_back(key.fingerprint);
  return fingerprints;
}

} // namespace imagewright::repo
