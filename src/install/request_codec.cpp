// SPDX-License-Identifier: MIT
#include "request_codec.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include <imagewright/install/nevra_codec.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::install {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

void write_optional(ByteWriter& writer, const std::optional<std::uint32_t>& number) {
  writer.number(number ? 1 : 0).number(number.value_or(0));
}

std::optional<std::uint32_t> read_optional_number(ByteReader& reader) {
  const bool is_there = reader.number() != 0;
  const auto number = static_cast<std::uint32_t>(reader.number());
  return is_there ? std::optional(number) : std::nullopt;
}

void write_optional(ByteWriter& writer, const std::optional<std::string>& text) {
  writer.number(text ? 1 : 0).text(text.value_or(""));
}

std::optional<std::string> read_optional_text(ByteReader& reader) {
  const bool is_there = reader.number() != 0;
  std::string text = reader.text();
  return is_there ? std::optional(std::move(text)) : std::nullopt;
}

/// What each package is held against; not where it came from.
void write_package(ByteWriter& writer, const model::LockedPackage& package) {
  const auto& [nevra, repository, location, checksum, download_size, installed_size, build_time,
               provenance] = package;
  write_nevra(writer, nevra);
  writer.text(repository).text(checksum.to_string());
  writer.number(download_size.bytes()).number(installed_size.bytes());
  const auto& [source_package, license, vendor] = provenance;
  writer.time(build_time).text(source_package).text(license).text(vendor);
}

model::PackageFile read_package(ByteReader& reader) {
  model::PackageFile file;
  file.package.nevra = read_nevra(reader);
  file.package.repository = reader.text();
  file.package.checksum = base::Digest::parse(reader.text()).value_or(base::Digest{});
  file.package.download_size = base::ByteSize(reader.number());
  file.package.installed_size = base::ByteSize(reader.number());
  file.package.build_time = reader.time();
  file.package.provenance.source_package = reader.text();
  file.package.provenance.license = reader.text();
  file.package.provenance.vendor = reader.text();
  // For messages of librpm.
  file.path = file.package.nevra.to_string() + ".rpm";
  return file;
}

void write_trust(ByteWriter& writer, const std::map<std::string, RepositoryTrust>& trust) {
  writer.number(trust.size());
  for (const auto& [repository, trusted] : trust) {
    const auto& [signatures, public_keys] = trusted;
    writer.text(repository).number(static_cast<std::uint64_t>(signatures));
    writer.texts(public_keys);
  }
}

void read_trust(ByteReader& reader, std::map<std::string, RepositoryTrust>& trust) {
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    RepositoryTrust& trusted = trust[reader.text()];
    trusted.signatures = static_cast<model::SignatureCheck>(reader.number());
    trusted.public_keys = reader.texts();
  }
}

void write_accounts(ByteWriter& writer, const InstallRequest& request) {
  writer.number(request.users.size());
  for (const auto& [name, id, group, home, shell, password_hash] : request.users) {
    writer.text(name);
    write_optional(writer, id);
    for (const auto* text : {&group, &home, &shell, &password_hash})
      write_optional(writer, *text);
  }
  writer.number(request.groups.size());
  for (const auto& [name, id] : request.groups) {
    writer.text(name);
    write_optional(writer, id);
  }
}

void read_accounts(ByteReader& reader, InstallRequest& request) {
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    accounts::UserRecord user{.name = reader.text()};
    user.id = read_optional_number(reader);
    user.group = read_optional_text(reader);
    user.home = read_optional_text(reader);
    user.shell = read_optional_text(reader);
    user.password_hash = read_optional_text(reader);
    request.users.push_back(std::move(user));
  }
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::string name = reader.text();
    request.groups.push_back({std::move(name), read_optional_number(reader)});
  }
}

} // namespace

std::string encode_request(const InstallRequest& request) {
  // A member that is added has to be thought about here.
  const auto& [packages, trust, scriptlets, epoch, rpm_database_path, documentation, languages,
               users, groups, identity_files, wanted, kept, erased, thread_count] = request;
  ByteWriter writer;
  writer.number(packages.files.size());
  for (const model::PackageFile& file : packages.files)
    write_package(writer, file.package);
  write_trust(writer, trust);
  writer.number(static_cast<std::uint64_t>(scriptlets.use));
  writer.texts({scriptlets.deferred_programs.begin(), scriptlets.deferred_programs.end()});
  writer.time(epoch);
  writer.text(rpm_database_path).number(static_cast<std::uint64_t>(documentation));
  writer.texts(languages);
  write_accounts(writer, request);
  writer.texts(identity_files);
  writer.texts(wanted);
  for (const auto* packages_there : {&kept, &erased}) {
    writer.number(packages_there->size());
    for (const model::Nevra& nevra : *packages_there)
      write_nevra(writer, nevra);
  }
  writer.number(thread_count);
  return writer.take();
}

InstallRequest decode_request(std::string_view bytes) {
  ByteReader reader(bytes);
  InstallRequest request;
  for (std::uint64_t count = reader.number(); count != 0; --count)
    request.packages.files.push_back(read_package(reader));
  read_trust(reader, request.trust);
  request.scriptlets.use = static_cast<ScriptletUse>(reader.number());
  for (std::string& program : reader.texts())
    request.scriptlets.deferred_programs.insert(std::move(program));
  request.epoch = reader.time();
  request.rpm_database_path = reader.text();
  request.documentation = static_cast<Documentation>(reader.number());
  request.languages = reader.texts();
  read_accounts(reader, request);
  request.identity_files = reader.texts();
  request.wanted = reader.texts();
  for (auto* packages : {&request.kept, &request.erased}) {
    for (std::uint64_t count = reader.number(); count != 0; --count)
      packages->push_back(read_nevra(reader));
  }
  request.thread_count = static_cast<unsigned>(reader.number());
  return request;
}

} // namespace imagewright::install
