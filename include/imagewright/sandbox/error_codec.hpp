// SPDX-License-Identifier: MIT
#pragma once

// Exceptions, and the places of sources in them, that cross the border of a process.

#include <exception>
#include <functional>
#include <string>
#include <string_view>

#include <imagewright/base/source_location.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::sandbox {

void write_location(ByteWriter& writer, const base::SourceLocation& location);
base::SourceLocation read_location(ByteReader& reader);

/// The exception as bytes. What the host refused (std::system_error, std::bad_alloc) keeps its
/// type; other foreign exceptions become base::BugError with their text.
std::string encode_exception(const std::exception& exception);

/// Whether lines of a file may be shown because another process names it.
using KnownFile = std::function<bool(const std::string& file)>;

/// For what a process of this program has encoded that nobody else has spoken to.
bool knows_every_file(const std::string& file);

/// Throws what encode_exception was given. Whoever encoded it may have been taken over, and a
/// message shows the line that it points at: of files that are not known, which are all when there
/// is no function, it points at none.
[[noreturn]] void throw_decoded(std::string_view bytes, const KnownFile& is_known = {});

} // namespace imagewright::sandbox
