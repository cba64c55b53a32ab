// SPDX-License-Identifier: MIT
#pragma once

// Requests to one page blob of Azure's storage service (REST API of version 2019-12-12, which gives
// a list of pages as a whole).

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/http/exchange.hpp>
#include <imagewright/upload/upload.hpp>

#include "ranges.hpp"

namespace imagewright::upload {

/// What a blob is.
struct BlobFacts {
  std::uint64_t size = 0;
  std::string type;    ///< "PageBlob"
  std::string content; ///< what whoever made it said of its content; empty: nothing
};

/// Requests that may succeed later are made again. Throws base::Error (upload.refused,
/// upload.no-container, upload.unreachable, upload.bad-answer) and base::Cancelled.
class Blob {
public:
  /// Throws base::Error (upload.no-signature, upload.plain-http).
  Blob(const UploadRequest& request, const base::Cancellation& cancellation);

  /// Without what lets it be written.
  const std::string& address() const { return address_; }

  /// Nothing when it is not there.
  std::optional<BlobFacts> find();
  void create(std::uint64_t size, const std::string& content);
  void write(const Range& range, std::span<const char> bytes);
  std::string read(const Range& range);
  std::string list_pages();

private:
  struct Request {
    http::Method method = http::Method::get;
    std::string query; ///< with "&" in front
    std::map<std::string, std::string> headers = {};
    std::span<const char> body = {};
    std::uint64_t largest_answer = 0;
  };
  struct Answer {
    long status = 0;
    std::map<std::string, std::string> headers; ///< names in lower case
    std::string body;
    std::string fault; ///< of the transport; empty: there is a status
    std::string hint;  ///< what helps against the fault, where that is known
    bool is_lasting = false;
  };

  Answer ask(const Request& request);
  Answer ask_once(const Request& request);
  void wait_before(std::uint32_t attempt) const;
  [[noreturn]] void refuse(const Answer& answer) const;

  const UploadRequest& request_;
  const base::Cancellation& cancellation_;
  std::string address_;
};

} // namespace imagewright::upload
