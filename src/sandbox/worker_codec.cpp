// SPDX-License-Identifier: MIT
#include "worker_codec.hpp"

#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::sandbox {

std::string encode(const WorkerRequest& request) {
  ByteWriter writer;
  writer.text(request.job).text(request.request).number(request.descriptors.size());
  writer.number(request.limits.memory.bytes());
  writer.number(static_cast<std::uint64_t>(request.limits.time.count()));
  writer.number(request.limits.file_size.bytes());
  return writer.take();
}

ParsingRequest decode_parsing_request(std::string_view bytes) {
  ByteReader reader(bytes);
  ParsingRequest request;
  request.job = reader.text();
  request.request = reader.text();
  request.descriptor_count = reader.number();
  request.limits.memory = base::ByteSize(reader.number());
  request.limits.time = std::chrono::milliseconds(reader.number());
  request.limits.file_size = base::ByteSize(reader.number());
  return request;
}

} // namespace imagewright::sandbox
