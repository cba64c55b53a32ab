// SPDX-License-Identifier: MIT
#pragma once

// What a worker that parses is asked, as bytes.

#include <cstdint>
#include <string>
#include <string_view>

#include <imagewright/sandbox/worker.hpp>

namespace imagewright::sandbox {

struct ParsingRequest {
  std::string job;
  std::string request;
  std::uint64_t descriptor_count = 0;
  WorkerLimits limits;
};

std::string encode(const WorkerRequest& request);
ParsingRequest decode_parsing_request(std::string_view bytes);

/// Throws base::BugError when there is none of that name.
const WorkerJob& find_job(std::span<const WorkerJob> jobs, std::string_view name);

} // namespace imagewright::sandbox
