// SPDX-License-Identifier: MIT
#pragma once

// Keys and hashes as the programs read them that will check them. No message shows any part of one.

#include <string>
#include <string_view>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/located.hpp>

namespace imagewright::config {

/// A line for authorized_keys as sshd(8) reads it: an error for a private key, a warning for a line
/// without a key and for a key whose data cannot be right.
base::Diagnostics check_public_key(const model::LocatedText& key, std::string_view user);
/// The text of a file of public keys; `where` is the place that names it.
base::Diagnostics check_public_key_file(std::string_view text, const base::SourceLocation& where,
                                        std::string_view path);
/// Is that path in an image one that only public keys and certificates have?
bool is_place_of_public_keys(std::string_view destination);
/// What goes to such a place: an error for a private key.
base::Diagnostics check_file_in_public_place(std::string_view content,
                                             const base::SourceLocation& where,
                                             std::string_view destination);
/// A hash as crypt(5) reads it: an error when it is of no method, a warning when it is too short or
/// too long for its method.
base::Diagnostics check_password_hash(const std::string& hash, const base::SourceLocation& where,
                                      std::string_view user);

} // namespace imagewright::config
