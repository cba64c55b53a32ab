// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/lock/base_lock.hpp>
#include <imagewright/lock/lock_file.hpp>

#include "lock_format.hpp"

namespace imagewright::lock {

namespace {

constexpr const char* k_remedy =
    "restore the file from version control, or remove it and run \"imagewright lock\"";

/// Where in the file a value stands, for messages.
struct Place {
  const std::string& file;
  std::string path;

  Place operator/(const std::string& part) const { return {file, path + "." + part}; }
  std::string text() const { return fmt::format("{}: {}", file, path); }
};

[[noreturn]] void damaged(const std::string& message) {
  throw base::Error(base::FailureKind::input, "lock.damaged", message, k_remedy);
}

[[noreturn]] void damaged(const Place& place, const std::string& what) {
  damaged(fmt::format("the lock {} is damaged: {} {}", base::quoted(place.file), place.path, what));
}

base::Digest digest_member(const json::Value& object, std::string_view name, const Place& place) {
  const std::string& text = json::string_member(object, name, place.text());
  const auto digest = base::Digest::parse(text);
  if (!digest) damaged(place, fmt::format("has {} as {}", base::quoted(text), base::quoted(name)));
  return *digest;
}

struct Evr {
  std::uint32_t epoch = 0;
  std::string version;
  std::string release;
};

/// "[epoch:]version-release"
std::optional<Evr> parse_evr(std::string_view text) {
  Evr evr;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + colon, evr.epoch);
    if (error != std::errc() || end != text.data() + colon) return std::nullopt;
    text.remove_prefix(colon + 1);
  }
  const std::size_t dash = text.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  evr.version = text.substr(0, dash);
  evr.release = text.substr(dash + 1);
  if (evr.version.empty() || evr.release.empty()) return std::nullopt;
  return evr;
}

/// No file of a package is larger; sums of such sizes stay far from the end of the numbers.
constexpr std::uint64_t k_largest_size = std::uint64_t{1} << 40U;

base::ByteSize size_member(const json::Value& object, std::string_view name, const Place& place) {
  const std::uint64_t size = json::unsigned_member(object, name, place.text());
  if (size > k_largest_size) damaged(place, fmt::format("has {} as {}", size, name));
  return base::ByteSize(size);
}

/// Names stand in messages, file names and reports.
const std::string& word_member(const json::Value& object, std::string_view name,
                               const Place& place) {
  const std::string& text = json::string_member(object, name, place.text());
  if (text.empty() || !base::is_plain_word(text)) {
    damaged(place, fmt::format("has {} as {}", base::quoted(text), base::quoted(name)));
  }
  return text;
}

std::string optional_text(const json::Value& object, std::string_view name,
                          const std::string& where) {
  return object.find(name) != nullptr ? json::string_member(object, name, where) : std::string();
}

model::LockedPackage parse_package(const json::Value& value, const Place& place) {
  const std::string where = place.text();
  const std::string& evr_text = json::string_member(value, "version", where);
  const auto evr = parse_evr(evr_text);
  if (!evr || !base::is_plain_word(evr_text))
    damaged(place, fmt::format("has {} as version", base::quoted(evr_text)));
  model::LockedPackage package;
  package.nevra = {.name = word_member(value, "name", place),
                   .epoch = evr->epoch,
                   .version = evr->version,
                   .release = evr->release,
                   .architecture = word_member(value, "architecture", place)};
  package.repository = word_member(value, "repository", place);
  package.location = json::string_member(value, "location", where);
  if (const auto fault = base::find_location_fault(package.location)) {
    damaged(place,
            fmt::format("has {} as location, which {}", base::quoted(package.location), *fault));
  }
  if (value.find("base") != nullptr) {
    package.location = base::join_place(
        {.base = json::string_member(value, "base", where), .path = package.location});
  }
  package.checksum = digest_member(value, "checksum", place);
  package.download_size = size_member(value, "downloadSize", place);
  package.installed_size = size_member(value, "installedSize", place);
  package.build_time =
      base::Epoch(std::chrono::seconds(json::integer_member(value, "buildTime", where)));
  package.provenance = {.source_package = optional_text(value, "source", where),
                        .license = optional_text(value, "license", where),
                        .vendor = optional_text(value, "vendor", where)};
  return package;
}

model::LockedRepository parse_repository(const json::Value& value, const Place& place) {
  const std::string where = place.text();
  model::LockedRepository repository;
  repository.name = word_member(value, "name", place);
  repository.address = json::string_member(value, "address", where);
  if (base::has_control_characters(repository.address))
    damaged(place, fmt::format("has {} as address", base::quoted(repository.address)));
  repository.metadata = digest_member(value, "metadata", place);
  for (const json::Value& key : json::array_member(value, "keys", where)) {
    const std::string* text = key.find_string();
    if (text == nullptr) damaged(place, "has a key that is not a text");
    if (!base::is_plain_word(*text))
      damaged(place, fmt::format("has the key {}", base::quoted(*text)));
    repository.key_fingerprints.push_back(*text);
  }
  return repository;
}

template <typename Entry>
std::vector<Entry> parse_list(const json::Value& owner, const std::string& name, const Place& place,
                              Entry (*parse_entry)(const json::Value&, const Place&)) {
  std::vector<Entry> entries;
  for (const json::Value& value : json::array_member(owner, name, place.text())) {
    entries.push_back(parse_entry(value, place / fmt::format("{}[{}]", name, entries.size())));
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

/// "registry.k8s.io/pause:3.9"
const std::string& image_name_member(const json::Value& object, const Place& place) {
  const std::string& text = json::string_member(object, "name", place.text());
  const bool is_name = text.find('/') != std::string::npos && text.find(':') != std::string::npos &&
                       text.find_first_of(" \t\"\\") == std::string::npos &&
                       !base::has_control_characters(text);
  if (!is_name) damaged(place, fmt::format("has {} as name", base::quoted(text)));
  return text;
}

std::vector<base::Digest> digest_list(const json::Value& value, const std::string& name,
                                      const Place& place) {
  std::vector<base::Digest> digests;
  for (const json::Value& item : json::array_member(value, name, place.text())) {
    const std::string* text = item.find_string();
    const auto digest = text != nullptr ? base::Digest::parse(*text) : std::nullopt;
    if (!digest) damaged(place, fmt::format("has under {} what is no digest", base::quoted(name)));
    digests.push_back(*digest);
  }
  return digests;
}

model::LockedContainerImage parse_container_image(const json::Value& value, const Place& place) {
  const bool is_pinned = json::bool_member(value, "pinned", place.text());
  model::LockedContainerImage image{.name = image_name_member(value, place),
                                    .name_space = word_member(value, "namespace", place),
                                    .pinning = is_pinned ? model::Pinning::pinned
                                                         : model::Pinning::unpinned,
                                    .index = std::nullopt,
                                    .manifest = digest_member(value, "manifest", place),
                                    .config = digest_member(value, "config", place),
                                    .layers = digest_list(value, "layers", place)};
  if (value.find("index") != nullptr) image.index = digest_member(value, "index", place);
  return image;
}

/// Only locks of configs that ask for them have them.
std::vector<model::LockedContainerImage> parse_container_images(const json::Value& value,
                                                                const Place& place) {
  if (value.find("containerImages") == nullptr) return {};
  return parse_list(value, "containerImages", place, parse_container_image);
}

model::StoredPackage parse_stored_package(const json::Value& value, const Place& place) {
  model::StoredPackage stored{.package = parse_package(value, place),
                              .directory = json::string_member(value, "directory", place.text())};
  const std::filesystem::path directory(stored.directory);
  const bool is_plain = directory.is_absolute() && directory == directory.lexically_normal() &&
                        !base::has_control_characters(stored.directory);
  if (!is_plain) damaged(place, fmt::format("has {} as directory", base::quoted(stored.directory)));
  return stored;
}

std::vector<model::StoredPackage> parse_stored(const json::Value& value, const Place& place) {
  if (value.find("stored") == nullptr) return {};
  return parse_list(value, "stored", place, parse_stored_package);
}

std::vector<std::string> sorted_lines(const json::Value& value, const char* name,
                                      const Place& place) {
  std::vector<std::string> lines;
  for (const json::Value& line : json::array_member(value, name, place.text())) {
    const std::string* text = line.find_string();
    if (text == nullptr)
      damaged(place, fmt::format("has a line under \"{}\" that is not a text", name));
    lines.push_back(*text);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// Locks of older programs do not say what was asked.
std::vector<std::string> parse_asked(const json::Value& value, const Place& place) {
  if (value.find("asked") == nullptr) return {};
  return sorted_lines(value, "asked", place);
}

/// Names of packages stand in messages.
std::vector<std::string> package_names(const json::Value& value, const char* name,
                                       const Place& place) {
  std::vector<std::string> names = sorted_lines(value, name, place);
  for (const std::string& each : names) {
    if (each.empty() || base::has_control_characters(each))
      damaged(place, fmt::format("has {} under \"{}\"", base::quoted(each), name));
  }
  return names;
}

/// A reference to an image in a registry, by digest; empty: the base was a file.
std::string parse_base_source(const json::Value& value, const Place& place) {
  if (value.find("baseSource") == nullptr) return {};
  std::string source = json::string_member(value, "baseSource", place.text());
  const std::size_t slash = source.find('/');
  const std::size_t at = source.find('@');
  if (slash == std::string::npos || at == std::string::npos || at < slash ||
      !base::Digest::parse(source.substr(at + 1)) || base::has_control_characters(source))
    damaged(place, fmt::format("has {} under \"baseSource\"", base::quoted(source)));
  return source;
}

LockedBase parse_base(const json::Value& value, const Place& place) {
  return {.digest = digest_member(value, "base", place),
          .source = parse_base_source(value, place),
          .kept = package_names(value, "kept", place),
          .erased = package_names(value, "erased", place)};
}

model::ArchitectureLock parse_architecture(const std::string& name, const json::Value& value,
                                           const Place& place) {
  return {.architecture = name,
          .request = digest_member(value, "request", place),
          .asked = parse_asked(value, place),
          .repositories = parse_list(value, "repositories", place, parse_repository),
          .packages = parse_list(value, "packages", place, parse_package),
          .container_images = parse_container_images(value, place),
          .stored = parse_stored(value, place)};
}

void check_format(const json::Value& document, const std::string& file) {
  const std::uint64_t format = json::unsigned_member(document, "format", file);
  if (format == k_format) return;
  throw base::Error(
      base::FailureKind::input, "lock.unknown-format",
      fmt::format("the lock {} has format {}, this program knows format {}", base::quoted(file),
                  format, k_format),
      "use the version of imagewright that wrote it, or remove it and run \"imagewright lock\"");
}

LockWithBases parse_document(std::string_view text, const std::string& file) {
  if (base::trimmed(text).empty()) damaged(fmt::format("the lock {} is empty", base::quoted(file)));
  const json::Value document = json::parse(text, file);
  check_format(document, file);
  const json::Value& architectures = json::member(document, "architectures", file);
  const json::Object* entries = architectures.find_object();
  if (entries == nullptr) damaged(Place{file, "architectures"}, "is not an object");
  LockWithBases lock;
  auto& parsed = lock.lock.architectures;
  for (const auto& [name, value] : *entries) {
    if (name.empty() || !base::is_plain_word(name))
      damaged(Place{file, "architectures"}, fmt::format("has {}", base::quoted(name)));
    const Place place = Place{file, "architectures"} / name;
    parsed.push_back(parse_architecture(name, value, place));
    if (value.find("base") != nullptr) lock.bases.emplace(name, parse_base(value, place));
  }
  std::sort(parsed.begin(), parsed.end(), [](const auto& left, const auto& right) {
    return left.architecture < right.architecture;
  });
  return lock;
}

} // namespace

std::vector<model::Nevra> kept_packages(const LockedBase& base) {
  std::vector<model::Nevra> packages;
  for (const std::string& each : base.kept) {
    const auto nevra = model::Nevra::parse(each);
    packages.push_back(
        nevra ? *nevra
              : model::Nevra{
                    .name = each, .epoch = 0, .version = {}, .release = {}, .architecture = {}});
  }
  return packages;
}

model::Lock parse(std::string_view text, const std::string& file) {
  return parse_with_bases(text, file).lock;
}

LockWithBases parse_with_bases(std::string_view text, const std::string& file) {
  try {
    return parse_document(text, file);
  } catch (const base::Error& error) {
    if (!error.diagnostic().code.starts_with("json.")) throw;
    base::Diagnostic diagnostic = error.diagnostic();
    diagnostic.code = "lock.damaged";
    diagnostic.hint = k_remedy;
    diagnostic.context.push_back(fmt::format("while reading the lock {}", base::quoted(file)));
    throw base::Error(base::FailureKind::input, std::move(diagnostic));
  }
}

} // namespace imagewright::lock
