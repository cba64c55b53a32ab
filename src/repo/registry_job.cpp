// SPDX-License-Identifier: MIT
#include "registry_job.hpp"

#include <optional>

#include <imagewright/base/error.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::repo {

namespace {

/// Nobody describes a disk with more.
constexpr std::size_t k_most_entries = 1024;
constexpr sandbox::WorkerLimits k_limits{.memory = base::ByteSize::mib(512),
                                         .time = std::chrono::minutes(1)};

std::string text_of(const json::Value* value) {
  const std::string* text = value == nullptr ? nullptr : value->find_string();
  return text == nullptr ? std::string() : *text;
}

std::string text_in(const json::Value* object, std::string_view name) {
  return object == nullptr ? std::string() : text_of(object->find(name));
}

std::optional<std::uint64_t> size_of(const json::Value& entry) {
  const json::Value* size = entry.find("size");
  if (size == nullptr) return std::nullopt;
  if (const auto* number = std::get_if<std::uint64_t>(&size->storage())) return *number;
  const auto* number = std::get_if<std::int64_t>(&size->storage());
  if (number == nullptr || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

RegistryEntry entry_of(const json::Value& entry) {
  const json::Value* platform = entry.find("platform");
  const auto size = size_of(entry);
  return {.digest = text_in(&entry, "digest"),
          .size = size.value_or(0),
          .has_size = size.has_value(),
          .title = text_in(entry.find("annotations"), "org.opencontainers.image.title"),
          .os = text_in(platform, "os"),
          .architecture = text_in(platform, "architecture")};
}

RegistryManifest manifest_of(const json::Value& document) {
  const json::Value* manifests = document.find("manifests");
  const json::Value* list = manifests != nullptr ? manifests : document.find("layers");
  const json::Array* entries = list == nullptr ? nullptr : list->find_array();
  if (entries == nullptr) return {.fault = "has neither manifests nor layers"};
  if (entries->size() > k_most_entries) return {.fault = "has too many entries"};
  RegistryManifest manifest{.fault = {},
                            .is_index = manifests != nullptr,
                            .media_type = text_in(&document, "mediaType"),
                            .entries = {},
                            .config = {}};
  for (const json::Value& entry : *entries)
    manifest.entries.push_back(entry_of(entry));
  const json::Value* config = document.find("config");
  if (config != nullptr && !manifest.is_index) manifest.config = entry_of(*config);
  return manifest;
}

void encode_entry(sandbox::ByteWriter& writer, const RegistryEntry& entry) {
  writer.text(entry.digest).number(entry.size).flag(entry.has_size).text(entry.title);
  writer.text(entry.os).text(entry.architecture);
}

RegistryEntry decode_entry(sandbox::ByteReader& answer) {
  RegistryEntry entry;
  entry.digest = answer.text();
  entry.size = answer.number();
  entry.has_size = answer.flag();
  entry.title = answer.text();
  entry.os = answer.text();
  entry.architecture = answer.text();
  return entry;
}

RegistryManifest decode_manifest(std::string_view bytes) {
  sandbox::ByteReader answer(bytes);
  RegistryManifest manifest;
  manifest.fault = answer.text();
  manifest.is_index = answer.flag();
  manifest.media_type = answer.text();
  if (answer.flag()) manifest.config = decode_entry(answer);
  for (std::uint64_t count = answer.number(); count != 0; --count)
    manifest.entries.push_back(decode_entry(answer));
  if (!answer.at_end()) throw base::BugError("more than an answer");
  return manifest;
}

template <typename Decode>
auto ask(std::string_view job, const std::string& text, const std::string& subject,
         const Decode& decode, const base::Cancellation& cancellation) {
  return sandbox::ask_worker(
      {.job = job, .subject = subject, .request = text, .descriptors = {}, .limits = k_limits},
      cancellation, decode);
}

} // namespace

std::string read_manifest_in_worker(const sandbox::WorkerCall& call) {
  RegistryManifest manifest;
  try {
    manifest = manifest_of(json::parse(call.request, "manifest"));
  } catch (const base::Error& error) {
    manifest.fault = std::string("is no JSON: ") + error.what();
  }
  sandbox::ByteWriter answer;
  answer.text(manifest.fault).flag(manifest.is_index).text(manifest.media_type);
  answer.flag(manifest.config.has_value());
  if (manifest.config) encode_entry(answer, *manifest.config);
  answer.number(manifest.entries.size());
  for (const RegistryEntry& entry : manifest.entries)
    encode_entry(answer, entry);
  return answer.take();
}

std::string read_token_in_worker(const sandbox::WorkerCall& call) {
  sandbox::ByteWriter answer;
  try {
    const json::Value document = json::parse(call.request, "token");
    // Docker registry token specification: one name is that of OAuth 2.
    const std::string token = text_in(&document, "token");
    answer.text(token.empty() ? text_in(&document, "access_token") : token);
  } catch (const base::Error&) {
    answer.text("");
  }
  return answer.take();
}

RegistryManifest read_registry_manifest(const std::string& text, const std::string& subject,
                                        const base::Cancellation& cancellation) {
  return ask(k_manifest_job, text, subject, decode_manifest, cancellation);
}

std::string read_registry_token(const std::string& text, const std::string& subject,
                                const base::Cancellation& cancellation) {
  const auto decode = [](std::string_view bytes) { return sandbox::ByteReader(bytes).text(); };
  return ask(k_token_job, text, subject, decode, cancellation);
}

} // namespace imagewright::repo
