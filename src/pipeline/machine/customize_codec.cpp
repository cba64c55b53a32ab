// SPDX-License-Identifier: MIT
#include "customize_codec.hpp"

#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "question_codec.hpp"

namespace imagewright::pipeline {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

void write(ByteWriter& writer, const lock::BaseLock& lock) {
  const std::string& architecture = lock.packages.architecture;
  writer.text(lock::to_text_with_bases(
      {.lock = {.architectures = {lock.packages}}, .bases = {{architecture, lock.base}}}));
}

lock::BaseLock read_lock(ByteReader& reader) {
  lock::LockWithBases lock = lock::parse_with_bases(reader.text(), "the lock");
  IMAGEWRIGHT_ASSERT(lock.lock.architectures.size() == 1 && lock.bases.size() == 1);
  return {.base = std::move(lock.bases.begin()->second),
          .packages = std::move(lock.lock.architectures.front())};
}

void write(ByteWriter& writer, const CustomizeOptions& options) {
  // A member that is added has to be thought about here. Of the rung and its kernel nothing is left
  // to say inside, nothing is fetched there, and where artifacts go is decided there.
  const auto& [plan, network, base, base_format, epoch, output_directory, emulation, tool_version,
               lock_use, repeated, rung, machine_kernel] = options;
  static_cast<void>(network);
  static_cast<void>(output_directory);
  static_cast<void>(lock_use);
  static_cast<void>(rung);
  static_cast<void>(machine_kernel);
  IMAGEWRIGHT_ASSERT(repeated.has_value());
  pipeline::write(writer, plan);
  writer.text(base.string());
  writer.text(base_format ? model::to_string(*base_format) : "");
  writer.flag(epoch.has_value()).time(epoch.value_or(base::Epoch{}));
  writer.number(static_cast<std::uint64_t>(emulation)).text(tool_version);
  writer.text(repeated->files.to_string());
  write(writer, repeated->lock);
}

CustomizeOptions read_options(ByteReader& reader) {
  CustomizeOptions options;
  options.plan = read_plan_options(reader);
  options.network = plan::NetworkUse::forbidden;
  options.base = reader.text();
  options.base_format = model::find_image_format(reader.text());
  const bool has_epoch = reader.flag();
  const base::Epoch epoch = reader.time();
  if (has_epoch) options.epoch = epoch;
  options.emulation = reader.choice(EmulationUse::forced);
  options.tool_version = reader.text();
  const auto files = base::Digest::parse(reader.text());
  IMAGEWRIGHT_ASSERT(files.has_value());
  options.repeated = RepeatedCustomizing{.files = *files, .lock = read_lock(reader)};
  return options;
}

} // namespace

std::string encode(const CustomizeQuestion& question) {
  const auto& [working_directory, options, fetched, base_reference, remote_files, emulator,
               thread_count] = question;
  ByteWriter writer;
  writer.text(working_directory);
  write(writer, options);
  pipeline::write(writer, fetched);
  writer.text(base_reference).texts(remote_files);
  pipeline::write(writer, emulator);
  writer.number(thread_count);
  return writer.take();
}

CustomizeQuestion decode_customize_question(std::string_view bytes) {
  ByteReader reader(bytes);
  CustomizeQuestion question;
  question.working_directory = reader.text();
  question.options = read_options(reader);
  question.fetched = read_fetched(reader, question.options.repeated->lock.packages);
  question.base_reference = reader.text();
  question.remote_files = reader.texts();
  question.emulator = read_emulator(reader);
  question.thread_count = static_cast<unsigned>(reader.number());
  return question;
}

std::string encode(const CustomizeResult& result) {
  ByteWriter writer;
  writer.number(result.files.size());
  for (const fs::PublishedFile& file : result.files)
    writer.text(file.path.string());
  writer.number(result.partitions.size());
  for (const auto& [id, mount_point, is_rewritten, first_change, size, used] : result.partitions) {
    writer.text(id).text(mount_point).flag(is_rewritten).text(first_change);
    writer.number(size.bytes()).number(used.bytes());
  }
  return writer.take();
}

CustomizeResult decode_customize_result(std::string_view bytes) {
  ByteReader reader(bytes);
  CustomizeResult result;
  // What they hold is found out when they are read.
  for (std::uint64_t count = reader.number(); count != 0; --count)
    result.files.push_back({.path = reader.text(), .digest = {}});
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    PartitionReport partition;
    partition.id = reader.text();
    partition.mount_point = reader.text();
    partition.is_rewritten = reader.flag();
    partition.first_change = reader.text();
    partition.size = base::ByteSize(reader.number());
    partition.used = base::ByteSize(reader.number());
    result.partitions.push_back(std::move(partition));
  }
  return result;
}

} // namespace imagewright::pipeline
