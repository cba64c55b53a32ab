// SPDX-License-Identifier: MIT
#pragma once

// The JSON documents of a feed, however they are packed.

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <imagewright/json/value.hpp>

#include "feed_files.hpp"

namespace imagewright::advisory {

using TakeDocument = std::function<void(const json::Value& document, const std::string& file)>;

/// Gives each document of each file (one, a list, or one a line), in their order. Files of any size
/// are read where each line is a document; one document is bounded. Throws base::Error
/// (advisory.damaged-feed, advisory.exhausting-feed).
void for_each_document(std::span<const FeedFile> files, const TakeDocument& take);

/// The text of a member; empty when it is not there or no text.
std::string text_member(const json::Value& object, std::string_view name);

} // namespace imagewright::advisory
