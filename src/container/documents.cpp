// SPDX-License-Identifier: MIT
#include "container/documents.hpp"

#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "container/document_json.hpp"

namespace imagewright::container {

namespace {

enum class Kind : std::uint8_t { index, manifest, settings, archive_entries };

/// A document is 16 MiB at most; its values take some fifty times as much.
constexpr sandbox::WorkerLimits k_limits{.memory = base::ByteSize::gib(2),
                                         .time = std::chrono::minutes(1)};
/// No image has as many; each would be asked for in turn.
constexpr std::size_t k_most_entries = 4096;

void require_few(std::uint64_t count) {
  if (count > k_most_entries) throw base::BugError("it has too many entries");
}

base::Digest digest_from(const std::string& text) {
  const auto digest = base::Digest::parse(text);
  if (!digest) throw base::BugError("a digest is none");
  return *digest;
}

void write_one(sandbox::ByteWriter& answer, const Descriptor& descriptor) {
  answer.text(descriptor.media_type).text(descriptor.digest.to_string()).number(descriptor.size);
  answer.text(descriptor.name).text(descriptor.full_name);
  answer.text(descriptor.architecture).text(descriptor.system);
}

Descriptor read_one(sandbox::ByteReader& answer) {
  Descriptor descriptor;
  descriptor.media_type = answer.text();
  descriptor.digest = digest_from(answer.text());
  descriptor.size = answer.number();
  descriptor.name = answer.text();
  descriptor.full_name = answer.text();
  descriptor.architecture = answer.text();
  descriptor.system = answer.text();
  return descriptor;
}

void write_all(sandbox::ByteWriter& answer, const std::vector<Descriptor>& descriptors) {
  answer.number(descriptors.size());
  for (const Descriptor& descriptor : descriptors)
    write_one(answer, descriptor);
}

std::vector<Descriptor> read_all(sandbox::ByteReader& answer) {
  const std::uint64_t count = answer.number();
  require_few(count);
  std::vector<Descriptor> descriptors;
  while (descriptors.size() < count)
    descriptors.push_back(read_one(answer));
  return descriptors;
}

void write_manifest(sandbox::ByteWriter& answer, const Manifest& manifest) {
  answer.flag(manifest.config.has_value());
  if (manifest.config) write_one(answer, *manifest.config);
  write_all(answer, manifest.layers);
}

Manifest decode_manifest(sandbox::ByteReader& answer) {
  Manifest manifest;
  if (answer.flag()) manifest.config = read_one(answer);
  manifest.layers = read_all(answer);
  return manifest;
}

void write_settings(sandbox::ByteWriter& answer, const Settings& settings) {
  std::vector<std::string> differences;
  for (const base::Digest& difference : settings.differences)
    differences.push_back(difference.to_string());
  answer.text(settings.architecture).text(settings.system).texts(differences);
}

Settings decode_settings(sandbox::ByteReader& answer) {
  Settings settings;
  settings.architecture = answer.text();
  settings.system = answer.text();
  for (const std::string& text : answer.texts())
    settings.differences.push_back(digest_from(text));
  require_few(settings.differences.size());
  return settings;
}

void write_entries(sandbox::ByteWriter& answer, const std::vector<ArchiveEntry>& entries) {
  answer.number(entries.size());
  for (const ArchiveEntry& entry : entries)
    answer.text(entry.config).texts(entry.names).texts(entry.layers);
}

std::vector<ArchiveEntry> decode_entries(sandbox::ByteReader& answer) {
  const std::uint64_t count = answer.number();
  require_few(count);
  std::vector<ArchiveEntry> entries;
  while (entries.size() < count) {
    ArchiveEntry& entry = entries.emplace_back();
    entry.config = answer.text();
    entry.names = answer.texts();
    entry.layers = answer.texts();
    require_few(entry.layers.size());
  }
  return entries;
}

template <typename Decode>
auto ask(Kind kind, const Document& document, const Decode& decode,
         const base::Cancellation& cancellation) {
  sandbox::ByteWriter request;
  request.number(static_cast<std::uint64_t>(kind)).text(document.where).text(document.text);
  return sandbox::ask_worker({.job = k_document_job,
                              .subject = document.where,
                              .request = request.take(),
                              .descriptors = {},
                              .limits = k_limits},
                             cancellation, [&](std::string_view bytes) {
                               sandbox::ByteReader answer(bytes);
                               auto value = decode(answer);
                               if (!answer.at_end()) throw base::BugError("more than an answer");
                               return value;
                             });
}

} // namespace

std::string read_document_in_worker(const sandbox::WorkerCall& call) {
  sandbox::ByteReader request(call.request);
  const Kind kind = request.choice(Kind::archive_entries);
  const std::string where = request.text();
  const json::Value document = parse_document(request.text(), where);
  sandbox::ByteWriter answer;
  switch (kind) {
  case Kind::index:
    write_all(answer, index_in(document, where));
    break;
  case Kind::manifest:
    write_manifest(answer, manifest_in(document, where));
    break;
  case Kind::settings:
    write_settings(answer, settings_in(document, where));
    break;
  case Kind::archive_entries:
    write_entries(answer, archive_entries_in(document));
    break;
  }
  return answer.take();
}

std::vector<Descriptor> read_index(const Document& document,
                                   const base::Cancellation& cancellation) {
  return ask(Kind::index, document, read_all, cancellation);
}

Manifest read_manifest(const Document& document, const base::Cancellation& cancellation) {
  return ask(Kind::manifest, document, decode_manifest, cancellation);
}

Settings read_settings(const Document& document, const base::Cancellation& cancellation) {
  return ask(Kind::settings, document, decode_settings, cancellation);
}

std::vector<ArchiveEntry> read_archive_entries(const Document& document,
                                               const base::Cancellation& cancellation) {
  return ask(Kind::archive_entries, document, decode_entries, cancellation);
}

} // namespace imagewright::container
