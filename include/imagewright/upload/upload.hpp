// SPDX-License-Identifier: MIT
#pragma once

// Sends a disk to a page blob of Azure: only what is not zero, and only what is not there already.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/report/reporter.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::upload {

struct UploadRequest {
  std::filesystem::path file; ///< whole pages of 512 bytes, as a VHD of fixed size has
  std::string url;            ///< of the blob, with the signature that lets it be written
  /// How often a request is made whose answer may be another one later.
  std::uint32_t attempts = 6;
  /// Before the second attempt; doubled before each further one.
  std::chrono::milliseconds pause{1000};
};

struct UploadResult {
  std::string address;    ///< of the blob, without the signature
  base::ByteSize size;    ///< of the blob
  base::ByteSize content; ///< what of it is not zero
  base::ByteSize sent;    ///< by this run; less than the content where an earlier one has been
  base::Digest digest;    ///< over the content and where it stands, in the file and in the blob

  bool operator==(const UploadResult&) const = default;
};

/// Makes the blob, or goes on with one that an earlier run of this file began, and reads all of it
/// back. Throws base::Error (upload.…, fs.…) and base::Cancelled; nothing that it says has the
/// signature in it.
UploadResult upload_page_blob(const UploadRequest& request, report::Reporter& reporter,
                              const base::Cancellation& cancellation);

/// The work of this module that is done in workers.
std::span<const sandbox::WorkerJob> worker_jobs();

} // namespace imagewright::upload
