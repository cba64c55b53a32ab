// SPDX-License-Identifier: MIT
#pragma once

// Owners for what libcurl hands out.

#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

namespace imagewright::http {

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using EasyPointer = std::unique_ptr<CURL, EasyDeleter>;

struct MultiDeleter {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
using MultiPointer = std::unique_ptr<CURLM, MultiDeleter>;

struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

/// Lines of a request; null for none.
inline HeaderList header_list(const std::vector<std::string>& headers) {
  HeaderList list;
  for (const std::string& header : headers) {
    curl_slist* longer = curl_slist_append(list.get(), header.c_str());
    if (longer == nullptr) throw base::BugError("libcurl has no memory for a header");
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

template <typename Value>
void set_option(CURL* handle, CURLoption option, Value value) {
  if (curl_easy_setopt(handle, option, value) != CURLE_OK)
    throw base::BugError(fmt::format("libcurl refuses the option {}", static_cast<int>(option)));
}

} // namespace imagewright::http
