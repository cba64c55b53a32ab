// SPDX-License-Identifier: MIT
#pragma once

// What a server says of the pages of a blob that were written: the answer to "Get Page Ranges".

#include <span>
#include <string>
#include <string_view>

#include <imagewright/sandbox/worker.hpp>

#include "ranges.hpp"

namespace imagewright::upload {

inline constexpr std::string_view k_page_list_job = "read-page-list";

/// For the worker. Gives the ranges as bytes.
std::string read_page_list(const sandbox::WorkerCall& call);

/// Asks a worker. Neighbours are one range. Throws base::Error (upload.bad-answer) for what is no
/// list of pages of a blob of that size.
Ranges page_list_from(const std::string& answer, std::uint64_t size,
                      const base::Cancellation& cancellation);

/// The same, in this process: what the worker does.
Ranges parse_page_list(std::string_view text);

} // namespace imagewright::upload
