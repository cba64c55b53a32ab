// SPDX-License-Identifier: MIT
#include "solution_store.hpp"

#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

extern "C" {
#include <solv/solvversion.h>
}

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/program_build.hpp>

namespace imagewright::resolve {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

constexpr std::size_t k_seal_size = 64;
constexpr std::uint64_t k_largest_solution = std::uint64_t{256} << 20U;

std::filesystem::path path_of(const ResolveRequest& request, const std::string& text) {
  return request.solution_cache / (base::digest_of(text).hex + ".solution");
}

void write_nevra(ByteWriter& writer, const model::Nevra& nevra) {
  const auto& [name, epoch, version, release, architecture] = nevra;
  writer.text(name).number(epoch).text(version).text(release).text(architecture);
}

model::Nevra read_nevra(ByteReader& reader) {
  model::Nevra nevra{.name = reader.text()};
  nevra.epoch = static_cast<std::uint32_t>(reader.number());
  nevra.version = reader.text();
  nevra.release = reader.text();
  nevra.architecture = reader.text();
  return nevra;
}

// All members of each value, so that one that is added has to be thought about here.

void write_repository(ByteWriter& writer, const model::RepositorySnapshot& snapshot) {
  const auto& [repository, metadata, fingerprints, primary, filelists, has_filelists] = snapshot;
  const auto& [name, base_url, mirror_list, path, gpg_keys, package_signatures, metadata_signature,
               priority, cost, included, excluded, architectures, where, address_where] =
      repository;
  writer.text(name).text(metadata.to_string()).text(primary.filename().string());
  writer.flag(has_filelists).texts(included).texts(excluded);
  writer.number(static_cast<std::uint64_t>(std::int64_t{priority}));
  writer.number(static_cast<std::uint64_t>(std::int64_t{cost}));
  // Warnings name them.
  writer.text(base_url).text(mirror_list).text(path).text(base::to_string(where));
}

void write_package(ByteWriter& writer, const model::LockedPackage& package) {
  const auto& [nevra, repository, location, checksum, download_size, installed_size, build_time,
               provenance] = package;
  const auto& [source_package, license, vendor] = provenance;
  write_nevra(writer, nevra);
  writer.text(repository).text(location).text(checksum.to_string());
  writer.number(download_size.bytes()).number(installed_size.bytes()).time(build_time);
  writer.text(source_package).text(license).text(vendor);
}

model::LockedPackage read_package(ByteReader& reader) {
  model::LockedPackage package{.nevra = read_nevra(reader)};
  package.repository = reader.text();
  package.location = reader.text();
  const auto checksum = base::Digest::parse(reader.text());
  if (!checksum) throw base::BugError("a solution has a package without a checksum");
  package.checksum = *checksum;
  package.download_size = base::ByteSize(reader.number());
  package.installed_size = base::ByteSize(reader.number());
  package.build_time = reader.time();
  package.provenance.source_package = reader.text();
  package.provenance.license = reader.text();
  package.provenance.vendor = reader.text();
  return package;
}

void write_indexes(ByteWriter& writer, const std::vector<std::size_t>& indexes) {
  writer.number(indexes.size());
  for (const std::size_t index : indexes)
    writer.number(index);
}

std::vector<std::size_t> read_indexes(ByteReader& reader) {
  std::vector<std::size_t> indexes;
  for (std::uint64_t count = reader.number(); count != 0; --count)
    indexes.push_back(reader.number());
  return indexes;
}

std::string bytes_of(const Resolution& resolution) {
  const auto& [packages, requests, dependencies, providers, warnings, files, stored] = resolution;
  ByteWriter writer;
  writer.number(packages.size());
  for (const model::LockedPackage& package : packages)
    write_package(writer, package);
  writer.number(requests.size());
  for (const FulfilledRequest& request : requests)
    write_indexes(writer, request.packages);
  writer.number(dependencies.size());
  for (const auto& [requirer, provider, requirement, is_weak] : dependencies)
    writer.number(requirer).number(provider).text(requirement).flag(is_weak);
  writer.number(providers.size());
  for (const auto& [name, indexes] : providers) {
    writer.text(name);
    write_indexes(writer, indexes);
  }
  writer.flag(files.has_value());
  if (files) writer.texts(*files);
  writer.number(stored.size());
  for (const auto& [request, package] : stored) {
    writer.number(request);
    write_package(writer, package);
  }
  return writer.take();
}

Resolution resolution_from(std::string_view bytes, const ResolveRequest& question) {
  ByteReader reader(bytes);
  Resolution resolution;
  for (std::uint64_t count = reader.number(); count != 0; --count)
    resolution.packages.push_back(read_package(reader));
  if (reader.number() != question.packages.size())
    throw base::BugError("a solution is of other requests");
  for (const model::PackageRequest& request : question.packages)
    resolution.requests.push_back({request, read_indexes(reader)});
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    Dependency dependency{.requirer = reader.number()};
    dependency.provider = reader.number();
    dependency.requirement = reader.text();
    dependency.is_weak = reader.flag();
    resolution.dependencies.push_back(std::move(dependency));
  }
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::string name = reader.text();
    resolution.providers.emplace_hint(resolution.providers.end(), std::move(name),
                                      read_indexes(reader));
  }
  if (reader.flag()) resolution.files = reader.texts();
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    const std::size_t request = reader.number();
    resolution.stored.push_back({request, read_package(reader)});
  }
  return resolution;
}

/// The whole file, or an empty text when it is not ours alone.
std::string read_own(const std::filesystem::path& path) {
  const fs::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  const bool is_own = file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
                      status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (!is_own || static_cast<std::uint64_t>(status.st_size) > k_largest_solution) return {};
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  fs::read_exactly(file.get(), std::as_writable_bytes(std::span(content)), 0, path.string());
  return content;
}

std::string seal_of(std::string_view body, const std::string& text) {
  base::Hasher hasher;
  hasher.update(text);
  hasher.update(body);
  return hasher.finish().hex;
}

} // namespace

std::string text_of(const ResolveRequest& request) {
  const auto& [architecture, repositories, packages, stored, stored_pins, excludes, pins,
               weak_dependencies, load_filelists, snapshot, file_lists, metadata_cache,
               solution_cache] = request;
  ByteWriter writer;
  writer.text(sandbox::program_build()).text(solv_version).text(solv_toolversion);
  writer.text(architecture.name).texts(architecture.rpm_accepts);
  writer.number(repositories.size());
  for (const model::RepositorySnapshot& each : repositories)
    write_repository(writer, each);
  writer.number(packages.size());
  for (const model::PackageRequest& each : packages)
    writer.text(each.spec);
  writer.number(stored.size());
  for (const model::PackageRequest& each : stored)
    writer.text(each.spec);
  writer.number(stored_pins.size());
  for (const model::LockedPackage& each : stored_pins)
    write_package(writer, each);
  writer.number(excludes.size());
  for (const Exclude& each : excludes)
    writer.text(each.pattern);
  writer.number(pins.size());
  for (const model::LockedPackage& each : pins)
    write_nevra(writer, each.nevra);
  writer.number(static_cast<std::uint64_t>(weak_dependencies)).flag(load_filelists != nullptr);
  writer.number(static_cast<std::uint64_t>(file_lists)).flag(snapshot.has_value());
  writer.time(snapshot ? snapshot->time : base::Epoch{});
  return writer.take();
}

std::optional<Resolution> find_solution(const ResolveRequest& request, const std::string& text) {
  const std::filesystem::path path = path_of(request, text);
  try {
    const std::string content = read_own(path);
    if (content.size() <= k_seal_size) return std::nullopt;
    const std::string_view seal = std::string_view(content).substr(0, k_seal_size);
    const std::string_view body = std::string_view(content).substr(k_seal_size);
    if (seal_of(body, text) != seal) return std::nullopt;
    Resolution resolution = resolution_from(body, request);
    // Whoever cleans the cache up asks when a file was used last.
    struct timespec times[2] = {};
    times[0].tv_nsec = UTIME_NOW;
    times[1].tv_nsec = UTIME_OMIT;
    static_cast<void>(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW));
    return resolution;
  } catch (const base::Error&) {
    return std::nullopt; // It is solved anew, ignoring.
  }
}

void keep_solution(const ResolveRequest& request, const std::string& text,
                   const Resolution& resolution) {
  const std::string body = bytes_of(resolution);
  try {
    std::error_code ignored;
    std::filesystem::create_directories(request.solution_cache, ignored);
    fs::write_file_atomically(path_of(request, text), seal_of(body, text) + body);
  } catch (const base::Error&) {
    // Without it the next run takes longer, ignoring.
  }
}

} // namespace imagewright::resolve
