// SPDX-License-Identifier: MIT
#pragma once

// Feeds as bytes, between the program and the worker that reads them.

#include <string>
#include <string_view>

#include <imagewright/advisory/feed.hpp>

#include "feed_files.hpp"

namespace imagewright::advisory {

std::string encode(const FeedSource& source);
/// Every file is a stretch of `descriptor`.
FeedSource decode_feed_source(std::string_view bytes, int descriptor);

std::string encode(const Feed& feed);
/// Believes nothing: throws base::BugError for what is no feed.
Feed decode_feed(std::string_view bytes);

} // namespace imagewright::advisory
