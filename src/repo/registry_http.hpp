// SPDX-License-Identifier: MIT
#pragma once

// Short answers of a registry.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/repo/fetch_options.hpp>

namespace imagewright::repo {

struct RegistryAnswer {
  long status = 0;   ///< of HTTP; 0: there is no answer
  std::string fault; ///< why there is none
  std::string body;
  std::string challenge; ///< WWW-Authenticate
};

/// Never more than `k_longest_registry_answer` bytes. Asks again where the server does not answer
/// or says that it cannot just now. Throws base::Cancelled.
RegistryAnswer get_from_registry(const std::string& url, const std::vector<std::string>& headers,
                                 const FetchOptions& options,
                                 const base::Cancellation& cancellation);

/// OCI distribution specification: registries take manifests of 4 MiB at least, and few take more.
inline constexpr std::uint64_t k_longest_registry_answer = 4U * 1024U * 1024U;

} // namespace imagewright::repo
