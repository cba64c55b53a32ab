// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/lock/freshness.hpp>

namespace imagewright::lock {

namespace {

json::Array sorted_texts(std::vector<std::string> texts) {
  const std::set<std::string> sorted(std::make_move_iterator(texts.begin()),
                                     std::make_move_iterator(texts.end()));
  json::Array result;
  for (const std::string& text : sorted)
    result.emplace_back(text);
  return result;
}

std::string_view word_for(model::SignatureCheck check) {
  switch (check) {
  case model::SignatureCheck::required:
    return "required";
  case model::SignatureCheck::skipped:
    break;
  }
  return "skipped";
}

/// Where a repository is found may differ from host to host and is not part of the question; what
/// may come out of it is.
json::Value to_json(const model::Repository& repository) {
  return json::Object{
      {"name", repository.name},
      {"priority", static_cast<std::int64_t>(repository.priority)},
      {"cost", static_cast<std::int64_t>(repository.cost)},
      {"packageSignatures", word_for(repository.package_signatures)},
      {"metadataSignature", word_for(repository.metadata_signature)},
      {"include", sorted_texts(repository.include_packages)},
      {"exclude", sorted_texts(repository.exclude_packages)},
  };
}

bool serves(const model::Repository& repository, const std::string& architecture) {
  const auto& only = repository.architectures;
  return only.empty() || std::find(only.begin(), only.end(), architecture) != only.end();
}

json::Array repositories_of(const LockQuestion& question) {
  std::vector<std::string> lines;
  for (const model::Repository& repository : question.repositories) {
    if (serves(repository, question.architecture)) {
      lines.push_back(json::to_line(to_json(repository)));
    }
  }
  return sorted_texts(std::move(lines));
}

std::string list_of(const char* word, std::vector<std::string> items) {
  if (items.empty()) return {};
  std::sort(items.begin(), items.end());
  return fmt::format(", {} {}", word, base::join(items, " "));
}

std::string repository_line(const model::Repository& repository) {
  return fmt::format("repository {}: priority {}, cost {}, package signatures {}, metadata "
                     "signature {}{}{}",
                     repository.name, repository.priority, repository.cost,
                     word_for(repository.package_signatures),
                     word_for(repository.metadata_signature),
                     list_of("only", repository.include_packages),
                     list_of("without", repository.exclude_packages));
}

/// What is asked for now and was not, and the other way round; long lists are cut.
std::string changes_since(const model::ArchitectureLock& entry, const LockQuestion& question) {
  constexpr std::size_t k_shown = 8;
  if (entry.asked.empty())
    return "packages, excludes or repositories have changed since it was written";
  const std::vector<std::string> now = lines_of(question);
  std::vector<std::string> changes;
  for (const std::string& line : now) {
    if (std::ranges::find(entry.asked, line) == entry.asked.end()) changes.push_back("+ " + line);
  }
  for (const std::string& line : entry.asked) {
    if (std::ranges::find(now, line) == now.end()) changes.push_back("- " + line);
  }
  if (changes.empty()) return "it was not made from what it says that it was";
  const std::size_t hidden = changes.size() > k_shown ? changes.size() - k_shown : 0;
  changes.resize(changes.size() - hidden);
  return "it has changed since the lock was written: " + base::join(changes, "; ") +
         (hidden > 0 ? fmt::format("; and {} more", hidden) : "");
}

/// "registry.k8s.io/pause:3.9 (sha256:…)" of those in one list and not in the other.
void add_missing(std::vector<std::string>& words, const char* sign,
                 const std::vector<model::LockedContainerImage>& from,
                 const std::vector<model::LockedContainerImage>& others) {
  for (const model::LockedContainerImage& image : from) {
    if (std::ranges::find(others, image) != others.end()) continue;
    words.push_back(fmt::format("{} {} ({})", sign, image.name, image.manifest.to_string()));
  }
}

std::optional<base::Diagnostic> find_changed_container_image(const model::ArchitectureLock& entry,
                                                             const std::string& file,
                                                             const LockQuestion& question) {
  if (entry.container_images == question.container_images) return std::nullopt;
  std::vector<std::string> words;
  add_missing(words, "-", entry.container_images, question.container_images);
  add_missing(words, "+", question.container_images, entry.container_images);
  return base::Diagnostic{
      .code = "lock.stale",
      .message = fmt::format(
          "the lock {} has other container images than the config has for {}: {}",
          base::quoted(file), base::quoted(question.architecture), base::join(words, "; ")),
      .hint = "run \"imagewright lock\", review what changes, and commit the result"};
}

/// Keys are held against what the lock says of their repository: it has to say something of each,
/// once.
std::optional<base::Diagnostic> find_other_repositories(const model::ArchitectureLock& entry,
                                                        const std::string& file,
                                                        const LockQuestion& question) {
  std::vector<std::string> locked;
  std::vector<std::string> asked;
  for (const model::LockedRepository& repository : entry.repositories)
    locked.push_back(repository.name);
  for (const model::Repository& repository : question.repositories) {
    if (serves(repository, question.architecture)) asked.push_back(repository.name);
  }
  std::sort(locked.begin(), locked.end());
  std::sort(asked.begin(), asked.end());
  if (locked == asked) return std::nullopt;
  return base::Diagnostic{
      .code = "lock.stale",
      .message =
          fmt::format("the lock {} knows other repositories than the config has for {}: {}, "
                      "not {}",
                      base::quoted(file), base::quoted(question.architecture),
                      base::escape_controls(base::join(locked, ", ")), base::join(asked, ", ")),
      .hint = "run \"imagewright lock\", review what changes, and commit the result"};
}

/// A directory of this host means nothing on another one, and a lock is shared: only its last part
/// is kept.
std::string address_for_lock(const model::Repository& repository) {
  if (repository.path.empty()) return base::without_secrets(repository.address());
  return "directory:" + std::filesystem::path(repository.path).filename().string();
}

} // namespace

base::Digest digest_of(const LockQuestion& question) {
  std::vector<std::string> specs;
  for (const model::PackageRequest& request : question.packages)
    specs.push_back(request.spec);
  json::Object document{
      {"architecture", question.architecture},
      {"packages", sorted_texts(std::move(specs))},
      {"excludes", sorted_texts(question.excludes)},
      {"repositories", repositories_of(question)},
      {"weakDependencies", question.weak_dependencies},
  };
  // Locks without one are as fresh as they were before there were snapshots.
  if (!question.snapshot.empty()) document.emplace_back("snapshot", question.snapshot);
  if (!question.wishes.empty()) document.emplace_back("wishes", sorted_texts(question.wishes));
  return base::digest_of(json::to_line(json::Value(std::move(document))));
}

std::vector<std::string> lines_of(const LockQuestion& question) {
  std::set<std::string> lines(question.wishes.begin(), question.wishes.end());
  lines.insert("weak dependencies " + question.weak_dependencies);
  for (const model::PackageRequest& request : question.packages)
    lines.insert("package " + request.spec);
  if (!question.snapshot.empty()) lines.insert("snapshot " + question.snapshot);
  for (const std::string& exclude : question.excludes)
    lines.insert("exclude " + exclude);
  for (const model::Repository& repository : question.repositories) {
    if (serves(repository, question.architecture)) lines.insert(repository_line(repository));
  }
  return {lines.begin(), lines.end()};
}

std::optional<base::Diagnostic> find_staleness(const model::Lock& lock, const std::string& file,
                                               const LockQuestion& question) {
  const model::ArchitectureLock* entry = lock.find(question.architecture);
  if (entry == nullptr) {
    return base::Diagnostic{
        .code = "lock.architecture-missing",
        .message = fmt::format("the lock {} has no packages for {}", base::quoted(file),
                               base::quoted(question.architecture)),
        .hint = "run \"imagewright lock\" with that architecture and commit the result"};
  }
  if (entry->request == digest_of(question)) {
    if (auto fault = find_other_repositories(*entry, file, question)) return fault;
    return find_changed_container_image(*entry, file, question);
  }
  return base::Diagnostic{
      .code = "lock.stale",
      .message = fmt::format("the lock {} no longer fits its config for {}: {}", base::quoted(file),
                             base::quoted(question.architecture), changes_since(*entry, question)),
      .hint = "run \"imagewright lock\", review what changes, and commit the result"};
}

model::Lock with_architecture(model::Lock lock, model::ArchitectureLock entry) {
  auto& entries = lock.architectures;
  std::sort(entry.packages.begin(), entry.packages.end());
  std::sort(entry.repositories.begin(), entry.repositories.end());
  std::erase_if(entries,
                [&](const auto& other) { return other.architecture == entry.architecture; });
  entries.push_back(std::move(entry));
  std::sort(entries.begin(), entries.end(), [](const auto& left, const auto& right) {
    return left.architecture < right.architecture;
  });
  return lock;
}

std::vector<model::LockedPackage> pins_of(const model::ArchitectureLock& lock,
                                          const std::vector<std::string>& updated) {
  if (updated.empty()) return {};
  std::vector<model::LockedPackage> pins;
  for (const model::LockedPackage& package : lock.packages) {
    const bool may_move = std::any_of(updated.begin(), updated.end(), [&](const auto& pattern) {
      return base::matches_glob(package.nevra.name, pattern);
    });
    if (!may_move) pins.push_back(package);
  }
  return pins;
}

std::vector<model::LockedRepository>
locked_repositories(const std::vector<model::RepositorySnapshot>& snapshots) {
  std::vector<model::LockedRepository> repositories;
  for (const model::RepositorySnapshot& snapshot : snapshots) {
    repositories.push_back({.name = snapshot.repository.name,
                            .address = address_for_lock(snapshot.repository),
                            .metadata = snapshot.metadata,
                            .key_fingerprints = snapshot.key_fingerprints});
  }
  std::ranges::sort(repositories);
  return repositories;
}

} // namespace imagewright::lock
