// SPDX-License-Identifier: MIT
#pragma once

// The readers of the single forms, for the worker. read_source() chooses among them.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/advisory/feed.hpp>
#include <imagewright/json/value.hpp>

#include "feed_files.hpp"

namespace imagewright::advisory {

/// Throws what read_feed() throws.
Feed read_source(const FeedSource& source);

Feed read_oval(const FeedFile& file);
Feed read_updateinfo(const FeedFile& file);

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
