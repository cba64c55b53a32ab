// SPDX-License-Identifier: MIT
#pragma once

// The JSON documents of a feed, however they are packed.

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include <imagewright/json/value.hpp>

namespace imagewright::advisory {

using TakeDocument = std::function<void(const json::Value& document, const std::string& file)>;

/// Gives each document of a file (one, a list, or one a line) or of a directory of files that end
/// in
/// ".json", in the order of their names. Files of any size are read where each line is a document;
/// one document is bounded. Throws base::Error (advisory.damaged-feed, advisory.exhausting-feed).
void for_each_document(const std::filesystem::path& path, const TakeDocument& take);

/// The text of a member; empty when it is not there or no text.
std::string text_member(const json::Value& object, std::string_view name);

} // namespace imagewright::advisory
