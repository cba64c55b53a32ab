// SPDX-License-Identifier: MIT
#pragma once

// Owners for what libcurl hands out.

#include <memory>

#include <curl/curl.h>

namespace imagewright::repo {

struct EasyDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using EasyPointer = std::unique_ptr<CURL, EasyDeleter>;

struct MultiDeleter {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
using MultiPointer = std::unique_ptr<CURLM, MultiDeleter>;

} // namespace imagewright::repo
