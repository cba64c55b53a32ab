// SPDX-License-Identifier: MIT
#pragma once

// What libcurl keeps of one exchange.

#include <cstdint>
#include <exception>
#include <string>

#include <imagewright/http/exchange.hpp>

#include "curl_types.hpp"

namespace imagewright::http {

struct Exchange::State {
  State(Request wanted, Traffic& mover);

  /// Throws what the traffic threw.
  Ending finish(CURLcode code);
  long status() const;

  Request request;
  Traffic& traffic;
  HeaderList headers;
  EasyPointer handle;
  std::exception_ptr failure;
  std::uint64_t sent = 0;
  std::uint64_t head_bytes = 0;
  std::uint64_t page_bytes = 0; ///< of answers that say why there is none
  bool is_stopped = false;
  bool is_too_long = false;
  char error_text[CURL_ERROR_SIZE] = {};

private:
  void configure();
  void configure_body();
  std::size_t accept(std::span<const std::byte> content);

  static std::size_t on_data(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_wanted(char* buffer, std::size_t size, std::size_t count, void* self);
  static int on_seek(void* self, curl_off_t offset, int origin);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
};

} // namespace imagewright::http
