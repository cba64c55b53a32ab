// SPDX-License-Identifier: MIT
#pragma once

// URLs and paths that strangers wrote: what may be followed, and what must not be seen.

#include <optional>
#include <string>
#include <string_view>

namespace imagewright::base {

/// The text with the user name and password, the query and the fragment of every URL in it removed
/// ("https://user:word@host/path?token=1" becomes "https://host/path"): for messages and files.
std::string without_secrets(std::string_view text);

/// Why a location in metadata, in a lock or below a mirror is refused, as the end of a sentence
/// ("has a scheme"); nothing when it is a plain path below its base.
std::optional<std::string> find_location_fault(std::string_view location);

/// Why a URL that stands in metadata in the place of a repository's own base is refused, as the end
/// of a sentence; nothing when its protocol is `base_url`'s own (or https instead of http) and it
/// is an address without user, password, query and climbing parts. An empty `base_url` stands for a
/// directory of this host.
std::optional<std::string> find_base_fault(std::string_view url, std::string_view base_url);

/// Each byte that a path of a URL cannot hold as %XX (RFC 3986, section 3.3), and each that servers
/// do not agree on, such as "+". Slashes stay.
std::string percent_encoded_path(std::string_view path);

/// RFC 3986, section 2.1; what is not an escape stays as it is.
std::string percent_decoded(std::string_view text);

/// "https" of "https://host/"; in lower case, empty when there is none.
std::string scheme_of(std::string_view url);

} // namespace imagewright::base
