// SPDX-License-Identifier: MIT
#pragma once

// The readers of the single forms. read_feed() chooses among them.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/advisory/feed.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::advisory {

Feed read_oval(const std::filesystem::path& path);
Feed read_updateinfo(const std::filesystem::path& path);

/// Reads a feed of JSON documents, one after the other.
class DocumentReader {
public:
  DocumentReader() = default;
  DocumentReader(const DocumentReader&) = delete;
  DocumentReader& operator=(const DocumentReader&) = delete;
  DocumentReader(DocumentReader&&) = delete;
  DocumentReader& operator=(DocumentReader&&) = delete;
  virtual ~DocumentReader() = default;

  virtual void read(const json::Value& document, const std::string& file) = 0;
  virtual Feed take() = 0;
};

/// `file` is what the feed is called.
std::unique_ptr<DocumentReader> osv_reader(const std::string& file);
std::unique_ptr<DocumentReader> csaf_reader(const std::string& file);
/// Whether the document calls itself one of CSAF.
bool is_csaf(const json::Value& document);

/// "2024-10-10T12:04:24.575Z", "2024-10-10 12:04:24" or a number of seconds; nothing otherwise.
std::optional<base::Epoch> parse_time(std::string_view text);

} // namespace imagewright::advisory
