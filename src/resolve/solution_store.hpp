// SPDX-License-Identifier: MIT
#pragma once

// Answers of the resolver under the text of everything that they depend on.

#include <filesystem>
#include <optional>
#include <string>

#include <imagewright/resolve/request.hpp>
#include <imagewright/resolve/resolution.hpp>

namespace imagewright::resolve {

/// Equal texts have equal answers. Places in configs are not in it: the answer has them from the
/// question.
std::string text_of(const ResolveRequest& request);

/// What was answered before, with the requests of this question; nothing when it is not there, not
/// whole, or not ours alone.
std::optional<Resolution> find_solution(const ResolveRequest& request, const std::string& text);

/// Whatever goes wrong is not worth failing for.
void keep_solution(const ResolveRequest& request, const std::string& text,
                   const Resolution& resolution);

} // namespace imagewright::resolve
