// SPDX-License-Identifier: MIT
#include "index_job.hpp"

#include <array>
#include <span>
#include <string_view>

#include <sys/stat.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/repo/worker_jobs.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "librepo_types.hpp"
#include "registry_job.hpp"

namespace imagewright::repo {

namespace {

constexpr std::string_view k_repomd_job = "read-repomd";
constexpr std::string_view k_metalink_job = "read-metalink";
constexpr std::string_view k_list_job = "read-mirror-list";
/// Of a list; no project has as many servers.
constexpr std::size_t k_most_addresses = 4096;
constexpr off_t k_largest_list = off_t{16} << 20U;
constexpr const char* k_repomd_name = "repomd.xml";
/// Both are a few kilobytes, read in milliseconds; librepo takes a minute for a million records.
constexpr sandbox::WorkerLimits k_limits{.memory = base::ByteSize::mib(512),
                                         .time = std::chrono::seconds(20)};
/// Of what we use; the format has more.
constexpr std::array k_types{"primary", "filelists"};

struct MetalinkDeleter {
  void operator()(LrMetalink* metalink) const { lr_metalink_free(metalink); }
};
using MetalinkPointer = std::unique_ptr<LrMetalink, MetalinkDeleter>;

std::string text_or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

// --- repomd.xml

void write_record(sandbox::ByteWriter& answer, const LrYumRepoMdRecord* record) {
  answer.flag(record != nullptr);
  if (record == nullptr) return;
  answer.text(text_or_empty(record->location_href))
      .text(text_or_empty(record->location_base))
      .text(text_or_empty(record->checksum_type))
      .text(text_or_empty(record->checksum))
      .number(static_cast<std::uint64_t>(record->size));
}

std::string read_repomd_in_worker(const sandbox::WorkerCall& call) {
  sandbox::ByteWriter answer;
  const RepomdPointer repomd(lr_yum_repomd_init());
  ErrorReceiver error;
  if (lr_yum_repomd_parse_file(repomd.get(), call.descriptors[0], nullptr, nullptr,
                               error.receive()) == FALSE) {
    return answer.text(error.text()).take();
  }
  answer.text("");
  for (const char* type : k_types)
    write_record(answer, lr_yum_repomd_get_record(repomd.get(), type));
  answer.flag(lr_yum_repomd_get_record(repomd.get(), "modules") != nullptr);
  return answer.take();
}

void require_end(const sandbox::ByteReader& answer) {
  if (!answer.at_end()) throw base::BugError("there is more than an answer");
}

RepomdIndex decode_repomd(std::string_view bytes) {
  sandbox::ByteReader answer(bytes);
  RepomdIndex index{.fault = answer.text(), .records = {}};
  if (index.fault.empty()) {
    for (const char* type : k_types) {
      if (!answer.flag()) continue;
      IndexRecord& record = index.records[type];
      record.path = answer.text();
      record.base = answer.text();
      record.checksum_type = answer.text();
      record.checksum = answer.text();
      record.size = static_cast<std::int64_t>(answer.number());
    }
    index.has_modules = answer.flag();
  }
  require_end(answer);
  return index;
}

// --- metalinks

void write_checksums(sandbox::ByteWriter& answer, const GSList* hashes) {
  std::vector<std::string> texts;
  for (const GSList* node = hashes; node != nullptr; node = node->next) {
    const auto* hash = static_cast<const LrMetalinkHash*>(node->data);
    if (hash->type == nullptr || hash->value == nullptr) continue;
    texts.insert(texts.end(), {hash->type, hash->value});
  }
  answer.texts(texts);
}

std::string read_metalink_in_worker(const sandbox::WorkerCall& call) {
  sandbox::ByteWriter answer;
  const MetalinkPointer metalink(lr_metalink_init());
  ErrorReceiver error;
  if (lr_metalink_parse_file(metalink.get(), call.descriptors[0], k_repomd_name, nullptr, nullptr,
                             error.receive()) == FALSE) {
    return answer.number(0).number(0).take();
  }
  answer.number(g_slist_length(metalink->urls));
  for (const GSList* node = metalink->urls; node != nullptr; node = node->next) {
    const auto* url = static_cast<const LrMetalinkUrl*>(node->data);
    answer.number(static_cast<std::uint64_t>(std::int64_t{url->preference}));
    answer.text(text_or_empty(url->url));
  }
  answer.number(1 + std::uint64_t{g_slist_length(metalink->alternates)});
  write_checksums(answer, metalink->hashes);
  for (const GSList* node = metalink->alternates; node != nullptr; node = node->next)
    write_checksums(answer, static_cast<const LrMetalinkAlternate*>(node->data)->hashes);
  return answer.take();
}

AnnouncedChecksums read_checksums(sandbox::ByteReader& answer) {
  const std::vector<std::string> texts = answer.texts();
  if (texts.size() % 2 != 0) throw base::BugError("a checksum without its value");
  AnnouncedChecksums result;
  for (std::size_t index = 0; index < texts.size(); index += 2)
    result.emplace_back(texts[index], texts[index + 1]);
  return result;
}

MetalinkIndex decode_metalink(std::string_view bytes) {
  sandbox::ByteReader answer(bytes);
  MetalinkIndex index;
  for (std::uint64_t count = answer.number(); count != 0; --count) {
    MetalinkUrl url{.preference = static_cast<std::int64_t>(answer.number()), .url = {}};
    url.url = answer.text();
    index.urls.push_back(std::move(url));
  }
  for (std::uint64_t count = answer.number(); count != 0; --count)
    index.versions.push_back(read_checksums(answer));
  require_end(answer);
  return index;
}

// --- lists of mirrors

std::string read_list_in_worker(const sandbox::WorkerCall& call) {
  struct stat status {};
  if (::fstat(call.descriptors[0], &status) != 0 || status.st_size > k_largest_list)
    throw base::BugError("a list is larger than what is fetched");
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  fs::read_exactly(call.descriptors[0], std::as_writable_bytes(std::span(content)), 0, "list");
  std::vector<std::string> addresses;
  for (const std::string& line : base::split(content, '\n')) {
    const std::string_view address = base::trimmed(line);
    if (address.empty() || address.starts_with('#')) continue;
    if (addresses.size() == k_most_addresses) break;
    addresses.emplace_back(address);
  }
  return sandbox::ByteWriter().texts(addresses).take();
}

std::vector<std::string> decode_list(std::string_view bytes) {
  sandbox::ByteReader answer(bytes);
  std::vector<std::string> addresses = answer.texts();
  require_end(answer);
  if (addresses.size() > k_most_addresses) throw base::BugError("a list has too many addresses");
  return addresses;
}

template <typename Decode>
auto ask(std::string_view job, const std::filesystem::path& file, const std::string& subject,
         const Decode& decode, const base::Cancellation& cancellation) {
  const fs::UniqueFd content = fs::open_for_reading(file);
  return sandbox::ask_worker({.job = job,
                              .subject = subject,
                              .request = {},
                              .descriptors = {content.get()},
                              .limits = k_limits},
                             cancellation, decode);
}

} // namespace

RepomdIndex read_repomd_index(const std::filesystem::path& file, const std::string& subject,
                              const base::Cancellation& cancellation) {
  return ask(k_repomd_job, file, subject, decode_repomd, cancellation);
}

MetalinkIndex read_metalink_index(const std::filesystem::path& file, const std::string& subject,
                                  const base::Cancellation& cancellation) {
  return ask(k_metalink_job, file, subject, decode_metalink, cancellation);
}

std::vector<std::string> read_address_list(const std::filesystem::path& file,
                                           const std::string& subject,
                                           const base::Cancellation& cancellation) {
  return ask(k_list_job, file, subject, decode_list, cancellation);
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{
      sandbox::WorkerJob{.name = k_repomd_job, .run = &read_repomd_in_worker},
      sandbox::WorkerJob{.name = k_metalink_job, .run = &read_metalink_in_worker},
      sandbox::WorkerJob{.name = k_list_job, .run = &read_list_in_worker},
      sandbox::WorkerJob{.name = k_manifest_job, .run = &read_manifest_in_worker},
      sandbox::WorkerJob{.name = k_token_job, .run = &read_token_in_worker}};
  return jobs;
}

} // namespace imagewright::repo
