// SPDX-License-Identifier: MIT
#include "key_search.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/private_key.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "failure.hpp"
#include "keyring.hpp"

namespace imagewright::repo {

namespace {

constexpr base::ByteSize k_largest_key_file = base::ByteSize::mib(4);
constexpr const char* k_note_kind = "key";

/// The files of a place, sorted; a place that is not there has none.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& place) {
  std::error_code error;
  if (std::filesystem::is_regular_file(place, error)) return {place};
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator entry(place, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

/// RFC 9580: an armored key begins with this line, a binary one with a byte whose highest bit is
/// set.
bool may_hold_key(const std::string& content) {
  return content.find("-----BEGIN PGP PUBLIC KEY BLOCK-----") != std::string::npos ||
         (!content.empty() && (static_cast<unsigned char>(content.front()) & 0x80U) != 0);
}

/// The key alone, whatever else the file holds.
std::optional<std::string> find_key(FetchContext& context, const model::Repository& repository,
                                    const std::filesystem::path& file,
                                    const model::LocatedText& fingerprint) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || size > k_largest_key_file.bytes()) return std::nullopt;
  const std::string content = fs::read_file(file, k_largest_key_file);
  if (!may_hold_key(content)) return std::nullopt;
  Keyring keyring(context.cache.directory() / "staging");
  const KeyFile found = keyring.add(content);
  if (found == KeyFile::none) return std::nullopt;
  for (const PublicKey& key : keyring.keys()) {
    if (key.fingerprint != fingerprint.text) continue;
    if (found == KeyFile::private_keys)
      fail_private(repository, base::quoted(file.string()), fingerprint.where);
    return key.content;
  }
  return std::nullopt;
}

model::LocatedText in_capitals(model::LocatedText name) {
  std::ranges::transform(name.text, name.text.begin(),
                         [](unsigned char c) { return std::toupper(c); });
  return name;
}

/// Of a file that was given by its name. Whatever else lies in a directory is passed over.
void require_public(const model::Repository& repository, const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error || size > k_largest_key_file.bytes()) return;
  if (base::is_private_key(fs::read_file(file, k_largest_key_file)))
    fail_private(repository, base::quoted(file.string()), {});
}

[[noreturn]] void fail_not_found(FetchContext& context, const model::Repository& repository,
                                 const model::LocatedText& fingerprint) {
  std::vector<std::string> places;
  for (const auto& place : context.options.key_places)
    places.push_back(place.string());
  const auto source = context.options.key_sources.find(fingerprint.text);
  const std::string how = source == context.options.key_sources.end()
                              ? "get it from whoever signs the repository"
                              : source->second;
  fail(repository,
       {.kind = base::FailureKind::verification,
        .code = "repo.key-not-found",
        .message = fmt::format("its key {} is in none of {}", fingerprint.text,
                               places.empty() ? "the places for keys" : base::join(places, ", ")),
        .hint = fmt::format("{}; then give the file with --key (of verify: --repo-key), or put it "
                            "into one of these directories",
                            how),
        .where = fingerprint.where});
}

} // namespace

std::filesystem::path find_key_file(FetchContext& context, const model::Repository& repository,
                                    const model::LocatedText& name) {
  const model::LocatedText fingerprint = in_capitals(name);
  for (const std::filesystem::path& place : context.options.key_places) {
    for (const std::filesystem::path& file : files_of(place)) {
      if (file == place) require_public(repository, file);
      const auto content = find_key(context, repository, file, fingerprint);
      if (!content) continue;
      const base::Digest digest = context.cache.put_text(*content);
      context.cache.put_note(k_note_kind, fingerprint.text, digest.to_string());
      return context.cache.find(digest).value();
    }
  }
  const auto note = context.cache.find_note(k_note_kind, fingerprint.text);
  const auto digest = note ? base::Digest::parse(*note) : std::nullopt;
  const auto cached = digest ? context.cache.find(*digest) : std::nullopt;
  if (cached && find_key(context, repository, *cached, fingerprint)) return *cached;
  fail_not_found(context, repository, fingerprint);
}

std::vector<std::filesystem::path> keys_in_place_of(FetchContext& context,
                                                    const model::Repository& repository) {
  const std::vector<std::filesystem::path>& given = context.options.given_keys;
  const auto& moved = context.options.moved_repositories;
  if (std::ranges::find(moved, repository.name) == moved.end()) return {};
  if (repository.gpg_keys.empty()) return {};
  for (const model::LocatedText& name : repository.gpg_keys) {
    if (!model::is_fingerprint(name.text)) return {};
    const auto holds = [&](const std::filesystem::path& file) {
      return find_key(context, repository, file, in_capitals(name)).has_value();
    };
    if (std::ranges::any_of(given, holds)) return {};
  }
  return given;
}

} // namespace imagewright::repo
