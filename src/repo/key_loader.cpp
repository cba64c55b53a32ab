// SPDX-License-Identifier: MIT
#include "key_loader.hpp"

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/file.hpp>

#include "failure.hpp"

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
                                const std::string& address, const FileAddress& where) {
  const fs::TemporaryDirectory staging = context.cache.stage();
  const std::filesystem::path target = staging.path() / "key";
  const auto result =
      context.downloader.fetch({{.source = where.source, .path = where.name, .target = target}});
  if (result.front()) {
    fail(repository, {.kind = base::FailureKind::verification,
                      .code = "repo.key-unreadable",
                      .message = fmt::format("cannot get the key {}: {}", shown(address),
                                             result.front()->detail),
                      .hint = "correct the address under gpgKeys"});
  }
  const base::Digest digest = context.cache.put_text(fs::read_file(target, k_largest_key_file));
  context.cache.put_note(k_note_kind, address, digest.to_string());
  return context.cache.find(digest).value();
}

std::filesystem::path load_key_file(FetchContext& context, const model::Repository& repository,
                                    const std::string& address, KeyFreshness freshness) {
  const FileAddress where = address_of_file(address);
  const bool can_fetch = context.can_fetch_from(where.source);
  const bool may_be_old = freshness == KeyFreshness::cached && !where.source.is_local();
  if (may_be_old || !can_fetch) {
    if (auto cached = find_cached(context, address)) return *std::move(cached);
  }
  if (!can_fetch) {
    fail(repository, {.code = "repo.offline",
                      .message = fmt::format("the key {} is not in the cache", shown(address)),
                      .hint = "run once without --offline"});
  }
  return fetch_key(context, repository, address, where);
}

} // namespace

std::vector<std::filesystem::path>
load_key_files(FetchContext& context, const model::Repository& repository, KeyFreshness freshness) {
  std::vector<std::filesystem::path> files;
  for (const std::string& address : repository.gpg_keys) {
    files.push_back(load_key_file(context, repository, address, freshness));
  }
  return files;
}

void add_keys(Keyring& keyring, const std::vector<std::filesystem::path>& files,
              const model::Repository& repository) {
  for (std::size_t index = 0; index < files.size(); ++index) {
    if (keyring.add(fs::read_file(files[index], k_largest_key_file))) continue;
    fail(repository, {.kind = base::FailureKind::verification,
                      .code = "repo.key-unreadable",
                      .message = fmt::format("{} holds no public OpenPGP key",
                                             shown(repository.gpg_keys[index])),
                      .hint = "give the armored public key of whoever signs the repository"});
  }
}

} // namespace imagewright::repo
