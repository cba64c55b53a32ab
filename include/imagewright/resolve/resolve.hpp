// SPDX-License-Identifier: MIT
#pragma once

// Requests and repository metadata in, an exact package set or a reasoned "no" out.

#include <imagewright/base/cancellation.hpp>
#include <imagewright/resolve/request.hpp>
#include <imagewright/resolve/resolution.hpp>

namespace imagewright::resolve {

/// Throws base::Error (resolve.metadata-unreadable, resolve.weak-checksum) when the metadata cannot
/// be used. That packages cannot be had together is an answer, not an exception.
ResolveResult resolve(const ResolveRequest& request, const base::Cancellation& cancellation);

} // namespace imagewright::resolve
