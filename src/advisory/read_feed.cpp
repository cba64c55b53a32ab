// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <span>
#include <tuple>

#include <imagewright/base/text.hpp>

#include "feeds.hpp"
#include "json_documents.hpp"
#include "xml_reader.hpp"

namespace imagewright::advisory {

namespace {

constexpr std::size_t k_beginning = 4096;

std::string beginning_of(const FeedFile& file) {
  std::string text(std::min<std::uint64_t>(file.size, k_beginning), '\0');
  read_piece(file, 0, text);
  return text;
}

/// Which kind of documents it is, the first one tells.
Feed read_json(const FeedSource& source) {
  std::unique_ptr<DocumentReader> reader;
  bool is_of_csaf = false;
  for_each_document(source.files, [&](const json::Value& document, const std::string& file) {
    // Whoever mirrors a provider has its description beside the documents.
    if (document.find("metadata_version") != nullptr) return;
    if (!reader) {
      is_of_csaf = is_csaf(document);
      reader = is_of_csaf ? csaf_reader(source.name) : osv_reader(source.name);
    }
    if (is_csaf(document) != is_of_csaf) throw_damaged_feed(file, "OSV and CSAF are mixed in it");
    reader->read(document, file);
  });
  if (!reader) throw_unknown_feed(source.name, "there is no advisory in it");
  return reader->take();
}

Feed read_by_form(const FeedSource& source) {
  if (source.form == FeedForm::directory) return read_json(source);
  const FeedFile& file = source.files.front();
  const std::string text = beginning_of(file);
  const std::string_view start =
      base::trimmed(std::string_view(text).substr(text.starts_with("\xEF\xBB\xBF") ? 3 : 0));
  if (start.empty()) throw_unknown_feed(source.name, "it is empty");
  if (start.starts_with('{') || start.starts_with('[')) return read_json(source);
  if (start.find("<oval_definitions") != std::string_view::npos ||
      start.find(":oval_definitions") != std::string_view::npos)
    return read_oval(file);
  if (start.find("<updates") != std::string_view::npos) return read_updateinfo(file);
  throw_unknown_feed(source.name, start.starts_with('<') ? "its XML is of another kind"
                                                         : "it is neither XML nor JSON");
}

} // namespace

Feed read_source(const FeedSource& source) {
  Feed feed = read_by_form(source);
  if (feed.advisories.empty()) throw_unknown_feed(source.name, "there is no advisory in it");
  const auto key = [](const Advisory& advisory) {
    return std::tie(advisory.vulnerability, advisory.package, advisory.identifier);
  };
  std::stable_sort(
      feed.advisories.begin(), feed.advisories.end(),
      [&](const Advisory& left, const Advisory& right) { return key(left) < key(right); });
  return feed;
}

} // namespace imagewright::advisory
