// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <span>
#include <tuple>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "feeds.hpp"
#include "json_documents.hpp"
#include "xml_reader.hpp"

namespace imagewright::advisory {

namespace {

constexpr std::size_t k_beginning = 4096;

std::string beginning_of(const std::filesystem::path& path) {
  const fs::UniqueFd file = fs::open_for_reading(path);
  const auto size = std::min<std::uintmax_t>(std::filesystem::file_size(path), k_beginning);
  std::string text(size, '\0');
  fs::read_exactly(file.get(), std::as_writable_bytes(std::span(text)), 0, path.string());
  return text;
}

[[noreturn]] void throw_unknown(const std::filesystem::path& path, const std::string& what) {
  throw base::Error(
      base::FailureKind::input, "advisory.unknown-feed",
      fmt::format("{} is no feed of advisories: {}", base::quoted(path.string()), what),
      "give OVAL definitions, OSV or CSAF documents, or updateinfo.xml, uncompressed");
}

/// Which kind of documents it is, the first one tells.
Feed read_json(const std::filesystem::path& path) {
  std::unique_ptr<DocumentReader> reader;
  bool is_of_csaf = false;
  for_each_document(path, [&](const json::Value& document, const std::string& file) {
    // Whoever mirrors a provider has its description beside the documents.
    if (document.find("metadata_version") != nullptr) return;
    if (!reader) {
      is_of_csaf = is_csaf(document);
      reader = is_of_csaf ? csaf_reader(path.string()) : osv_reader(path.string());
    }
    if (is_csaf(document) != is_of_csaf) throw_damaged_feed(file, "OSV and CSAF are mixed in it");
    reader->read(document, file);
  });
  if (!reader) throw_unknown(path, "there is no advisory in it");
  return reader->take();
}

Feed read_by_form(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) return read_json(path);
  if (!std::filesystem::is_regular_file(path)) throw_unknown(path, "it is not a regular file");
  const std::string text = beginning_of(path);
  const std::string_view start =
      base::trimmed(std::string_view(text).substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0));
  if (start.empty()) throw_unknown(path, "it is empty");
  if (start.starts_with('{') || start.starts_with('[')) return read_json(path);
  if (start.find("<oval_definitions") != std::string_view::npos ||
      start.find(":oval_definitions") != std::string_view::npos)
    return read_oval(path);
  if (start.find("<updates") != std::string_view::npos) return read_updateinfo(path);
  throw_unknown(path, start.starts_with('<') ? "its XML is of another kind"
                                             : "it is neither XML nor JSON");
}

} // namespace

Feed read_feed(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    throw base::Error(base::FailureKind::input, "advisory.no-feed",
                      fmt::format("there is no feed {}", base::quoted(path.string())),
                      "fetch the vendor's feed and give its file with --feed");
  }
  Feed feed = read_by_form(path);
  if (feed.advisories.empty()) throw_unknown(path, "there is no advisory in it");
  const auto key = [](const Advisory& advisory) {
    return std::tie(advisory.vulnerability, advisory.package, advisory.identifier);
  };
  std::stable_sort(
      feed.advisories.begin(), feed.advisories.end(),
      [&](const Advisory& left, const Advisory& right) { return key(left) < key(right); });
  return feed;
}

} // namespace imagewright::advisory
