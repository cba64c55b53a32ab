// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/audit/package_list.hpp>
#include <imagewright/audit/text_file.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/inspect/system_facts.hpp>
#include <imagewright/lock/base_lock.hpp>

#include "base_lock_differences.hpp"
#include "comparison_codec.hpp"
#include "package_differences.hpp"

namespace imagewright::audit {

namespace {

constexpr std::string_view k_compare_job = "compare-files";

enum class Kind : std::uint8_t { image, manifest, lock, package_list };

const char* word_for(Kind kind) {
  switch (kind) {
  case Kind::image:
    return "an image";
  case Kind::manifest:
    return "a manifest";
  case Kind::lock:
    return "a lock";
  case Kind::package_list:
    return "a list of packages";
  }
  throw base::BugError("unknown kind of file");
}

constexpr std::string_view k_hint =
    "give two images, two manifests or two locks; a list of packages goes with each of them";
/// Waiting for a pipe, or failing late, would say less.
void require_file(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (std::filesystem::is_regular_file(status) || std::filesystem::is_block_file(status)) return;
  throw base::Error(
      base::FailureKind::input, "fs.cannot-read",
      fmt::format("cannot read {}: {}", base::quoted(path.string()),
                  std::filesystem::exists(status) ? "it is not a file" : "there is no such file"),
      "give the path of an image, a manifest, a lock or a list of packages");
}

/// One of the two files inside the worker.
class HandedFile {
public:
  HandedFile(const image::HandedImages& files, std::size_t index)
      : files_(files), index_(index), size_(files.file_size(index)), fd_(files.file(index)) {}

  const std::string& name() const { return files_.name(index_); }

  /// Of our JSON documents each names itself.
  Kind kind() const {
    const std::string beginning = read(std::min(size_, base::ByteSize(k_text_beginning)));
    if (!begins_like_text(beginning)) return Kind::image;
    if (!begins_like_json(beginning)) return Kind::package_list;
    const json::Value document = json::parse(text(), name());
    if (document.find("imagewrightManifest") != nullptr) return Kind::manifest;
    if (document.find("architectures") != nullptr) return Kind::lock;
    throw base::Error(base::FailureKind::input, "audit.kinds-differ",
                      fmt::format("{} is neither a manifest nor a lock", base::quoted(name())),
                      std::string(k_hint));
  }

  std::string text() const {
    if (size_ <= k_largest_manifest) return read(size_);
    throw base::Error(base::FailureKind::input, "fs.cannot-read",
                      fmt::format("cannot read {}: it is larger than {}", base::quoted(name()),
                                  base::to_string(k_largest_manifest)));
  }

  inspect::OpenedImage image() const { return {name(), files_.open(index_)}; }
  Manifest manifest() const { return parse_manifest(text(), name()); }
  lock::LockWithBases lock() const { return lock::parse_with_bases(text(), name()); }
  std::vector<model::Nevra> package_list() const { return read_package_list(text(), name()); }

private:
  std::string read(base::ByteSize size) const {
    std::string content(size.bytes(), '\0');
    fs::read_exactly(fd_.get(), std::as_writable_bytes(std::span(content)), 0, name());
    return content;
  }

  const image::HandedImages& files_;
  std::size_t index_;
  base::ByteSize size_;
  fs::UniqueFd fd_;
};

std::vector<model::Nevra> names_of(const std::vector<model::LockedPackage>& packages) {
  std::vector<model::Nevra> names;
  for (const model::LockedPackage& package : packages)
    names.push_back(package.nevra);
  return names;
}

std::vector<model::Nevra> packages_of_image(const HandedFile& file) {
  const inspect::OpenedImage image = file.image();
  std::optional<std::vector<model::Nevra>> packages;
  if (image.root() != nullptr) packages = inspect::read_system(image).packages;
  if (packages) return *packages;
  throw base::Error(base::FailureKind::input, "audit.kinds-differ",
                    fmt::format("{} has no packages that could be held against a list",
                                base::quoted(file.name())),
                    std::string(k_hint));
}

/// What comes, and what stays of the base where there is one.
std::vector<model::Nevra> packages_of_entry(const lock::LockWithBases& lock,
                                            const model::ArchitectureLock& entry) {
  std::vector<model::Nevra> packages = names_of(entry.packages);
  const auto base = lock.bases.find(entry.architecture);
  if (base == lock.bases.end()) return packages;
  const std::vector<model::Nevra> kept = lock::kept_packages(base->second);
  packages.insert(packages.end(), kept.begin(), kept.end());
  return packages;
}

/// What a lock has for the architecture that most of a list is of.
std::vector<model::Nevra> packages_of_lock(const HandedFile& file,
                                           const std::vector<model::Nevra>& list) {
  const lock::LockWithBases lock = file.lock();
  const model::ArchitectureLock* best = nullptr;
  std::ptrdiff_t most = 0;
  for (const model::ArchitectureLock& entry : lock.lock.architectures) {
    const auto count = std::ranges::count(list, entry.architecture, &model::Nevra::architecture);
    if (count > most) best = &entry;
    most = std::max(most, count);
  }
  if (best != nullptr) return packages_of_entry(lock, *best);
  throw base::Error(
      base::FailureKind::input, "audit.kinds-differ",
      fmt::format("{} has no packages for the architecture of the list", base::quoted(file.name())),
      std::string(k_hint));
}

std::vector<model::Nevra> packages_of(const HandedFile& file, Kind kind,
                                      const std::vector<model::Nevra>& list) {
  switch (kind) {
  case Kind::image:
    return packages_of_image(file);
  case Kind::manifest:
    return names_of(file.manifest().packages);
  case Kind::lock:
    return packages_of_lock(file, list);
  case Kind::package_list:
    return file.package_list();
  }
  throw base::BugError("unknown kind of file");
}

Comparison compare(const HandedFile& left, const HandedFile& right) {
  const Kind kind = left.kind();
  const Kind other = right.kind();
  if (kind == Kind::package_list || other == Kind::package_list) {
    const auto list = (kind == Kind::package_list ? left : right).package_list();
    return compare_package_names(packages_of(left, kind, list), packages_of(right, other, list));
  }
  if (kind != other) {
    throw base::Error(base::FailureKind::input, "audit.kinds-differ",
                      fmt::format("{} is {} and {} is {}", base::quoted(left.name()),
                                  word_for(kind), base::quoted(right.name()), word_for(other)),
                      std::string(k_hint));
  }
  // Whoever wants to stop ends this process.
  const base::Cancellation cancellation;
  switch (kind) {
  case Kind::image:
    return compare_images(left.image(), right.image(), cancellation);
  case Kind::manifest:
    return compare_manifests(left.manifest(), right.manifest());
  case Kind::lock:
    return compare_locks_with_bases(left.lock(), right.lock());
  case Kind::package_list:
    break;
  }
  throw base::BugError("unknown kind of file");
}

std::string compare_handed(const sandbox::WorkerCall& call) {
  const image::HandedImages files(call);
  return encode(compare(HandedFile(files, 0), HandedFile(files, 1)));
}

} // namespace

Comparison compare_files(const std::filesystem::path& left, const std::filesystem::path& right,
                         const base::Cancellation& cancellation) {
  require_file(left);
  require_file(right);
  const std::array files{image::open_image_file(left), image::open_image_file(right)};
  return sandbox::ask_worker(
      image::request_to_read(files,
                             {.job = k_compare_job,
                              .subject = fmt::format("{} and {}", base::quoted(files[0].name),
                                                     base::quoted(files[1].name))}),
      cancellation, &decode_comparison);
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{
      sandbox::WorkerJob{.name = k_compare_job, .run = &compare_handed}};
  return jobs;
}

} // namespace imagewright::audit
