// SPDX-License-Identifier: MIT
#pragma once

// XML as a stream of elements: nothing of a document is kept but the elements that are open.

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "feed_files.hpp"

namespace imagewright::advisory {

/// An element whose end has been seen. Prefixes of namespaces are left out.
struct XmlElement {
  std::string name;
  std::map<std::string, std::string, std::less<>> attributes;
  std::string text; ///< its own character data, trimmed

  /// Empty when it is not there.
  const std::string& attribute(std::string_view wanted) const;
};

/// Hears of elements in the order of the document.
class XmlListener {
public:
  XmlListener() = default;
  XmlListener(const XmlListener&) = delete;
  XmlListener& operator=(const XmlListener&) = delete;
  XmlListener(XmlListener&&) = delete;
  XmlListener& operator=(XmlListener&&) = delete;
  virtual ~XmlListener() = default;

  virtual void on_begin(const XmlElement& element) = 0;
  virtual void on_end(const XmlElement& element) = 0;
};

/// Throws base::Error with line and column: advisory.damaged-feed where the document is not well
/// formed or ends early, advisory.exhausting-feed where it declares a document type (entities could
/// grow without bound), or is deeper or has longer texts than a feed has; and whatever the listener
/// throws.
void read_xml(const FeedFile& file, XmlListener& listener);

/// Throws base::Error (advisory.damaged-feed).
[[noreturn]] void throw_damaged_feed(const std::string& file, const std::string& why);
/// Throws base::Error (advisory.exhausting-feed): to read it whole would take more than there is.
[[noreturn]] void throw_exhausting_feed(const std::string& file, const std::string& why);

} // namespace imagewright::advisory
