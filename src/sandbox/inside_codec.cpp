// SPDX-License-Identifier: MIT
#include <imagewright/sandbox/byte_codec.hpp>

#include "inside.hpp"

namespace imagewright::sandbox {

namespace {

void write_options(ByteWriter& writer, const SandboxOptions& options) {
  // A member that is added and not named here does not compile.
  const auto& [root, bind_mounts, epoch, host_name, emulator, metadata_record, time_limit] =
      options;
  writer.text(root.string()).number(bind_mounts.size());
  for (const auto& [source, target, access] : bind_mounts)
    writer.text(source.string()).text(target).number(static_cast<std::uint64_t>(access));
  writer.number(static_cast<std::uint64_t>(epoch.time_since_epoch().count()));
  writer.text(host_name).number(emulator ? 1 : 0);
  if (emulator) {
    const auto& [program, magic, mask, directory] = *emulator;
    writer.text(program.string()).text(magic).text(mask).text(directory.string());
  }
  writer.text(metadata_record.string());
  writer.number(static_cast<std::uint64_t>(time_limit.count()));
}

SandboxOptions read_options(ByteReader& reader) {
  SandboxOptions options;
  options.root = reader.text();
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    BindMount bind;
    bind.source = reader.text();
    bind.target = reader.text();
    bind.access = static_cast<BindAccess>(reader.number());
    options.bind_mounts.push_back(std::move(bind));
  }
  options.epoch = base::Epoch(std::chrono::seconds(static_cast<std::int64_t>(reader.number())));
  options.host_name = reader.text();
  if (reader.number() != 0) {
    Emulator emulator;
    emulator.program = reader.text();
    emulator.magic = reader.text();
    emulator.mask = reader.text();
    emulator.directory = reader.text();
    options.emulator = std::move(emulator);
  }
  options.metadata_record = reader.text();
  options.time_limit = std::chrono::milliseconds(reader.number());
  return options;
}

void write_work(ByteWriter& writer, const Work& work) {
  writer.number(work.index());
  if (const auto* program = std::get_if<ProgramWork>(&work)) {
    writer.texts(program->argv);
    writer.number(program->environment.size());
    for (const auto& [name, value] : program->environment)
      writer.text(name).text(value);
    writer.text(program->working_directory);
    return;
  }
  const auto& job = std::get<JobWork>(work);
  writer.text(job.name).text(job.request).number(job.descriptor_count);
}

Work read_work(ByteReader& reader) {
  if (reader.number() == 0) {
    ProgramWork program;
    program.argv = reader.texts();
    for (std::uint64_t count = reader.number(); count != 0; --count) {
      std::string name = reader.text();
      program.environment.emplace(std::move(name), reader.text());
    }
    program.working_directory = reader.text();
    return program;
  }
  JobWork job;
  job.name = reader.text();
  job.request = reader.text();
  job.descriptor_count = reader.number();
  return job;
}

} // namespace

std::string encode(const Inside& inside) {
  ByteWriter writer;
  write_options(writer, inside.options);
  writer.number(static_cast<std::uint64_t>(inside.supervision));
  write_work(writer, inside.work);
  return writer.take();
}

Inside decode_inside(std::string_view bytes) {
  ByteReader reader(bytes);
  Inside inside;
  inside.options = read_options(reader);
  inside.supervision = static_cast<Supervision>(reader.number());
  inside.work = read_work(reader);
  return inside;
}

} // namespace imagewright::sandbox
