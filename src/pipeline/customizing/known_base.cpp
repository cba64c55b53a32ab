// SPDX-License-Identifier: MIT
#include "known_base.hpp"

#include <chrono>

#include <imagewright/base/error.hpp>
#include <imagewright/cache/cache.hpp>
#include <imagewright/cache/stage_store.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/program_build.hpp>

#include "pipeline/stages/watched_paths.hpp"

namespace imagewright::pipeline {

namespace {

constexpr auto k_kind = "base";

/// Empty where the next change may leave the same stamp.
std::string settled_stamp(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto real = std::filesystem::canonical(path, ignored);
  struct stat status {};
  if (::lstat(real.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const auto now = std::chrono::system_clock::now();
  return has_settled(status, now) ? stamp_of(status) : std::string();
}

std::string to_bytes(const origin::BaseDigests::Known& known) {
  sandbox::ByteWriter writer;
  writer.text(known.disk ? known.disk->hex : "").number(known.files.size());
  for (const auto& [number, digest] : known.files)
    writer.number(number).text(digest.hex);
  return writer.take();
}

base::Digest digest_from(const std::string& hex) {
  const auto digest = base::Digest::parse("sha256:" + hex);
  IMAGEWRIGHT_ASSERT(digest);
  return *digest;
}

origin::BaseDigests::Known known_from(std::string_view bytes) {
  origin::BaseDigests::Known known;
  sandbox::ByteReader reader(bytes);
  if (const std::string disk = reader.text(); !disk.empty()) known.disk = digest_from(disk);
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    const std::uint64_t number = reader.number();
    known.files.emplace(number, digest_from(reader.text()));
  }
  return known;
}

} // namespace

KnownBase::KnownBase(const std::filesystem::path& path, std::optional<model::ImageFormat> format,
                     const plan::Services& services)
    : path_(path), stamp_(settled_stamp(path)), cache_directory_(services.cache_directory),
      reporter_(services.reporter) {
  if (cache_directory_.empty() || stamp_.empty()) return;
  // The numbers of files, and what is a disk, are this program's.
  sandbox::ByteWriter writer;
  writer.text(stamp_).text(format ? model::to_string(*format) : "").text(sandbox::program_build());
  key_ = writer.take();
}

void KnownBase::recall(const origin::BaseImage& base) {
  if (key_.empty() || !std::filesystem::exists(cache_directory_)) return;
  try {
    const cache::StageStore store(cache_directory_);
    if (!store.distrust().empty()) return;
    const cache::StageStore::Entry entry = store.find_entry(k_kind, key_);
    if (entry.finding != cache::StageStore::Finding::found) return;
    recalled_ = known_from(entry.text);
    base.digests().recall(recalled_);
  } catch (const base::Error& error) {
    reporter_.message(report::Level::debug,
                      "the base is digested anew: " + error.diagnostic().message);
  }
}

void KnownBase::keep(const origin::BaseImage& base) const {
  if (key_.empty()) return;
  const origin::BaseDigests::Known known = base.digests().known();
  if (known == recalled_ || settled_stamp(path_) != stamp_) return;
  try {
    const cache::Cache made(cache_directory_);
    cache::StageStore store(made.directory());
    if (store.distrust().empty()) store.put_entry(k_kind, key_, to_bytes(known));
  } catch (const base::Error& error) {
    reporter_.message(report::Level::debug,
                      "the next run digests the base anew: " + error.diagnostic().message);
  }
}

} // namespace imagewright::pipeline
