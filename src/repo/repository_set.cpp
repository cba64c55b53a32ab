// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/repo/repository_set.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "failure.hpp"
#include "fetch_context.hpp"
#include "key_loader.hpp"
#include "keyring.hpp"
#include "metadata_loader.hpp"
#include "package_loader.hpp"

namespace imagewright::repo {

struct RepositorySet::State {
  std::vector<model::Repository> repositories;
  FetchContext context;
  std::set<std::string> told;

  void tell_mirrors();
};

/// Who gave what, and who was passed over.
void RepositorySet::State::tell_mirrors() {
  for (const model::Repository& repository : repositories) {
    for (const MirrorUse& mirror : context.downloader.mirrors_of(source_of(repository))) {
      const std::string name = base::quoted(repository.name);
      const std::string use = fmt::format("repository {}: {} files from the mirror {}", name,
                                          mirror.files, mirror.base);
      if (mirror.files > 0 && told.insert(use).second) {
        context.reporter.message(report::Level::info, use);
      }
      if (mirror.last_fault.empty()) continue;
      base::Diagnostic warning{
          .severity = base::Severity::warning,
          .code = "repo.mirror-passed-over",
          .message = fmt::format("repository {}: the mirror {} was passed over: {}", name,
                                 mirror.base, base::without_secrets(mirror.last_fault)),
          .hint = "nothing, when another mirror did; else take that mirror out of the list"};
      if (!repository.address_where.file.empty()) warning.where = repository.address_where;
      if (told.insert(warning.message).second) context.reporter.warning(warning);
    }
  }
}

namespace {

std::vector<model::Repository> serving(const std::vector<model::Repository>& repositories,
                                       const std::string& architecture) {
  std::vector<model::Repository> result;
  for (const model::Repository& repository : repositories) {
    const auto& only = repository.architectures;
    if (only.empty() || std::find(only.begin(), only.end(), architecture) != only.end()) {
      result.push_back(repository);
    }
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const auto& left, const auto& right) { return left.name < right.name; });
  return result;
}

bool wants_keys(const model::Repository& repository) {
  return !repository.gpg_keys.empty() &&
         (repository.package_signatures == model::SignatureCheck::required ||
          repository.metadata_signature == model::SignatureCheck::required);
}

/// What the lock says about the keys of a repository; null when it does not know the repository.
const std::vector<std::string>* find_locked_keys(const model::ArchitectureLock* lock,
                                                 const std::string& repository) {
  if (lock == nullptr) return nullptr;
  for (const model::LockedRepository& entry : lock->repositories) {
    if (entry.name == repository) return &entry.key_fingerprints;
  }
  return nullptr;
}

RepositoryKeys load_keys_of(FetchContext& context, const model::Repository& repository,
                            KeyFreshness freshness) {
  Keyring keyring(context.cache.directory() / "staging");
  const auto keys =
      read_keys(context, keyring, load_key_files(context, repository, freshness), repository);
  RepositoryKeys result{.repository = repository.name, .fingerprints = fingerprints_of(keys)};
  for (const PublicKey& key : keys) {
    if (key.state == KeyState::usable) result.keys.push_back(key.content);
  }
  return result;
}

/// What the cache has, unless its day is over.
RepositoryKeys load_cached_keys_of(FetchContext& context, const model::Repository& repository) {
  try {
    return load_keys_of(context, repository, KeyFreshness::cached);
  } catch (const base::Error& error) {
    if (error.diagnostic().code != "repo.key-expired") throw;
  }
  return load_keys_of(context, repository, KeyFreshness::current);
}

} // namespace

RepositorySet::RepositorySet(const std::vector<model::Repository>& repositories,
                             const std::string& architecture, FetchOptions options,
                             FetchEnvironment environment)
    : state_(new State{serving(repositories, architecture),
                       {.options = options,
                        .cache = environment.cache,
                        .reporter = environment.reporter,
                        .cancellation = environment.cancellation,
                        .downloader = Downloader(
                            options, environment.cancellation,
                            [&reporter = environment.reporter](const std::string& sentence) {
                              reporter.message(report::Level::warning, sentence);
                            })},
                       {}}) {
  // Downloads, which have threads, come later.
  if (std::ranges::any_of(state_->repositories, wants_keys)) prepare_keyrings();
}

RepositorySet::RepositorySet(RepositorySet&&) noexcept = default;
RepositorySet::~RepositorySet() = default;

std::vector<model::RepositorySnapshot> RepositorySet::load_snapshots() {
  report::StageScope stage(state_->context.reporter, "metadata",
                           fmt::format("{} repositories", state_->repositories.size()));
  auto snapshots = load_metadata(state_->context, state_->repositories);
  state_->tell_mirrors();
  return snapshots;
}

std::optional<std::filesystem::path>
RepositorySet::load_filelists(const model::RepositorySnapshot& snapshot) {
  return repo::load_filelists(state_->context, snapshot);
}

std::vector<RepositoryKeys> RepositorySet::load_keys(const model::ArchitectureLock* locked) {
  std::vector<RepositoryKeys> result;
  for (const model::Repository& repository : state_->repositories) {
    if (!wants_keys(repository)) continue;
    const auto* expected = find_locked_keys(locked, repository.name);
    RepositoryKeys keys = load_cached_keys_of(state_->context, repository);
    if (expected != nullptr && keys.fingerprints != *expected) {
      keys = load_keys_of(state_->context, repository, KeyFreshness::current);
    }
    if (expected != nullptr && keys.fingerprints != *expected) {
      fail(repository,
           {.kind = base::FailureKind::verification,
            .code = "repo.key-changed",
            .message = fmt::format("its keys are {}, but the lock was made with {}",
                                   base::join(keys.fingerprints, ", "),
                                   expected->empty() ? "none" : base::join(*expected, ", ")),
            .hint = "when the change is known and accepted, run \"imagewright lock\""});
    }
    result.push_back(std::move(keys));
  }
  return result;
}

model::PackageSet RepositorySet::download(const model::ArchitectureLock& lock) {
  auto packages = load_packages(state_->context, state_->repositories, lock);
  state_->tell_mirrors();
  return packages;
}

} // namespace imagewright::repo
