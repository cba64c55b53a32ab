// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
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
};

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
  RepositoryKeys keys{.repository = repository.name,
                      .files = load_key_files(context, repository, freshness)};
  Keyring keyring(context.cache.directory() / "staging");
  add_keys(keyring, keys.files, repository);
  keys.fingerprints = keyring.fingerprints();
  return keys;
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
                        .downloader = Downloader(options, environment.cancellation)}}) {}

RepositorySet::RepositorySet(RepositorySet&&) noexcept = default;
RepositorySet::~RepositorySet() = default;

std::vector<model::RepositorySnapshot> RepositorySet::load_snapshots() {
  report::StageScope stage(state_->context.reporter, "metadata",
                           fmt::format("{} repositories", state_->repositories.size()));
  return load_metadata(state_->context, state_->repositories);
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
    RepositoryKeys keys = load_keys_of(state_->context, repository, KeyFreshness::cached);
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
  return load_packages(state_->context, state_->repositories, lock);
}

} // namespace imagewright::repo
