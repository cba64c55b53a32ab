// SPDX-License-Identifier: MIT
#include "request_codec.hpp"

#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::install {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

void write_texts(ByteWriter& writer, const std::vector<std::string>& texts) {
  writer.number(texts.size());
  for (const std::string& text : texts)
    writer.text(text);
}

std::vector<std::string> read_texts(ByteReader& reader) {
  std::vector<std::string> texts;
  for (std::uint64_t count = reader.number(); count != 0; --count)
    texts.push_back(reader.text());
  return texts;
}

void write_package(ByteWriter& writer, const model::LockedPackage& package) {
  // What each package is held against; not where it came from.
  const auto& [nevra, repository, location, checksum, download_size, installed_size, build_time] =
      package;
  const auto& [name, epoch, version, release, architecture] = nevra;
  writer.text(name).number(epoch).text(version).text(release).text(architecture);
  writer.text(repository).text(checksum.to_string()).number(download_size.bytes());
  writer.number(installed_size.bytes());
  writer.number(static_cast<std::uint64_t>(build_time.time_since_epoch().count()));
}

model::PackageFile read_package(ByteReader& reader) {
  model::PackageFile file;
  model::Nevra& nevra = file.package.nevra;
  nevra.name = reader.text();
  nevra.epoch = static_cast<std::uint32_t>(reader.number());
  nevra.version = reader.text();
  nevra.release = reader.text();
  nevra.architecture = reader.text();
  file.package.repository = reader.text();
  file.package.checksum = base::Digest::parse(reader.text()).value_or(base::Digest{});
  file.package.download_size = base::ByteSize(reader.number());
  file.package.installed_size = base::ByteSize(reader.number());
  file.package.build_time =
      base::Epoch(std::chrono::seconds(static_cast<std::int64_t>(reader.number())));
  // For messages of librpm.
  file.path = nevra.to_string() + ".rpm";
  return file;
}

void write_trust(ByteWriter& writer, const std::map<std::string, RepositoryTrust>& trust) {
  writer.number(trust.size());
  for (const auto& [repository, trusted] : trust) {
    const auto& [signatures, public_keys] = trusted;
    writer.text(repository).number(static_cast<std::uint64_t>(signatures));
    write_texts(writer, public_keys);
  }
}

void read_trust(ByteReader& reader, std::map<std::string, RepositoryTrust>& trust) {
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    RepositoryTrust& trusted = trust[reader.text()];
    trusted.signatures = static_cast<model::SignatureCheck>(reader.number());
    trusted.public_keys = read_texts(reader);
  }
}

} // namespace

std::string encode_request(const InstallRequest& request) {
  // A member that is added has to be thought about here.
  const auto& [packages, root, trust, scriptlets, epoch, rpm_database_path, documentation,
               languages, emulator, metadata_record] = request;
  ByteWriter writer;
  writer.number(packages.files.size());
  for (const model::PackageFile& file : packages.files)
    write_package(writer, file.package);
  write_trust(writer, trust);
  writer.number(static_cast<std::uint64_t>(scriptlets.use));
  writer.number(static_cast<std::uint64_t>(epoch.time_since_epoch().count()));
  writer.text(rpm_database_path).number(static_cast<std::uint64_t>(documentation));
  write_texts(writer, languages);
  return writer.take();
}

InstallRequest decode_request(std::string_view bytes) {
  ByteReader reader(bytes);
  InstallRequest request;
  request.root = "/";
  for (std::uint64_t count = reader.number(); count != 0; --count)
    request.packages.files.push_back(read_package(reader));
  read_trust(reader, request.trust);
  request.scriptlets.use = static_cast<ScriptletUse>(reader.number());
  request.epoch = base::Epoch(std::chrono::seconds(static_cast<std::int64_t>(reader.number())));
  request.rpm_database_path = reader.text();
  request.documentation = static_cast<Documentation>(reader.number());
  request.languages = read_texts(reader);
  return request;
}

} // namespace imagewright::install
