// SPDX-License-Identifier: MIT
#pragma once

// Requests and repository metadata in, an exact package set or a reasoned "no" out.

#include <span>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/resolve/request.hpp>
#include <imagewright/resolve/resolution.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::resolve {

/// Throws base::Error (resolve.metadata-unreadable, resolve.weak-checksum) when the metadata cannot
/// be used. That packages cannot be had together is an answer, not an exception.
/// Metadata is parsed by workers, whose failures (sandbox.worker-…) come out too.
ResolveResult resolve(const ResolveRequest& request, const base::Cancellation& cancellation);

std::span<const sandbox::WorkerJob> worker_jobs();

} // namespace imagewright::resolve
