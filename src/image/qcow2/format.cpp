// SPDX-License-Identifier: MIT
#include "image/qcow2/format.hpp"

#include "image/big_endian.hpp"
#include "image/corrupt.hpp"
#include "image/qcow2/layout.hpp"
#include "image/qcow2/reader.hpp"
#include "image/qcow2/writer.hpp"

namespace imagewright::image {

namespace {

bool recognises(const fs::ByteSource& file, const std::string&) {
  const std::string start = text_at(file, 0, sizeof k_qcow2_magic);
  return !start.empty() && get<std::uint32_t>(std::as_bytes(std::span(start)), 0) == k_qcow2_magic;
}

/// Depends on the size of clusters: the writer checks it.
void accept_any_size(std::uint64_t) {}

void write(OutputFile& file, const SourceDisk& disk, const FormatRequest& request,
           const base::Cancellation& cancellation) {
  write_qcow2(file, disk, request.output, request.thread_count, cancellation);
}

} // namespace

constinit const FormatWriter k_qcow2_writer{.check_size = accept_any_size, .write = write};
constinit const FormatReader k_qcow2_reader{.recognises = recognises, .open = open_qcow2};

} // namespace imagewright::image
