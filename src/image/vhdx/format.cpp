// SPDX-License-Identifier: MIT
#include "image/vhdx/format.hpp"

#include "image/corrupt.hpp"
#include "image/vhdx/layout.hpp"
#include "image/vhdx/reader.hpp"
#include "image/vhdx/writer.hpp"

namespace imagewright::image {

namespace {

bool recognises(const fs::ByteSource& file, const std::string&) {
  return text_at(file, 0, vhdx::k_file_signature.size()) == vhdx::k_file_signature;
}

void write(OutputFile& file, const SourceDisk& disk, const FormatRequest& request,
           const base::Cancellation& cancellation) {
  write_vhdx(file, disk, request.identity.disk_uuid, cancellation);
}

} // namespace

constinit const FormatWriter k_vhdx_writer{.check_size = check_vhdx_size, .write = write};
constinit const FormatReader k_vhdx_reader{.recognises = recognises, .open = open_vhdx};

} // namespace imagewright::image
