// SPDX-License-Identifier: MIT
#include "inject_in_machine.hpp"

#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/report/clock.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/error_codec.hpp>

#include "customize_codec.hpp"
#include "work_on_base.hpp"

namespace imagewright::pipeline {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;
using sandbox::read_location;
using sandbox::write_location;

struct InjectQuestion {
  std::string working_directory; ///< of the command: files may be named relative to it
  InjectOptions options;
  unsigned thread_count = 1;
};

void write(ByteWriter& writer, const model::InjectedFile& file) {
  const auto& [kind, partition, source, destination, where] = file;
  writer.number(static_cast<std::uint64_t>(kind)).text(partition.text);
  write_location(writer, partition.where);
  writer.text(source.string()).text(destination);
  write_location(writer, where);
}

model::InjectedFile read_file(ByteReader& reader) {
  model::InjectedFile file;
  file.partition_kind = reader.choice(model::MountIdentifier::part_label);
  file.partition.text = reader.text();
  file.partition.where = read_location(reader);
  file.source = reader.text();
  file.destination = reader.text();
  file.where = read_location(reader);
  return file;
}

std::string encode(const InjectQuestion& question) {
  // A member that is added has to be thought about here.
  const auto& [working_directory, options, thread_count] = question;
  const auto& [files, base, base_format, output, format, epoch, tool_version, rung,
               machine_kernel] = options;
  static_cast<void>(rung);
  static_cast<void>(machine_kernel);
  ByteWriter writer;
  writer.text(working_directory).number(thread_count).number(files.size());
  for (const model::InjectedFile& file : files)
    write(writer, file);
  writer.text(base.string()).text(base_format ? model::to_string(*base_format) : "");
  writer.text(output.string()).text(format ? model::to_string(*format) : "");
  writer.flag(epoch.has_value()).time(epoch.value_or(base::Epoch{})).text(tool_version);
  return writer.take();
}

InjectQuestion decode(std::string_view bytes) {
  ByteReader reader(bytes);
  InjectQuestion question;
  question.working_directory = reader.text();
  question.thread_count = static_cast<unsigned>(reader.number());
  InjectOptions& options = question.options;
  for (std::uint64_t count = reader.number(); count != 0; --count)
    options.files.push_back(read_file(reader));
  options.base = reader.text();
  options.base_format = model::find_image_format(reader.text());
  options.output = reader.text();
  options.format = model::find_image_format(reader.text());
  const bool has_epoch = reader.flag();
  const base::Epoch epoch = reader.time();
  if (has_epoch) options.epoch = epoch;
  options.tool_version = reader.text();
  return question;
}

} // namespace

CustomizeResult inject_in_machine(const Customizing& customizing, const InjectOptions& options,
                                  const plan::Services& services) {
  InjectQuestion question{.working_directory = std::filesystem::current_path().string(),
                          .options = options,
                          .thread_count = services.thread_count};
  question.options.base = std::filesystem::absolute(customizing.base->path());
  machine::HostFiles files;
  for (const model::InjectedFile& file : options.files)
    files.add_file(std::filesystem::absolute(file.source));
  files.add_directory(question.working_directory);
  return work_on_base_in_machine(customizing,
                                 {.job = k_inject_job,
                                  .request = encode(question),
                                  .files = std::move(files),
                                  .machine_kernel = options.machine_kernel,
                                  .kernel_packages = {}},
                                 plan::output_directory_of(customizing.plan.plan), services);
}

std::string inject_inside(const machine::GuestCall& call) {
  const InjectQuestion question = decode(call.request);
  std::filesystem::current_path(question.working_directory);
  const base::Cancellation never; // who wants to stop ends the machine
  const report::MonotonicClock clock;
  const plan::Services services{.reporter = call.reporter,
                                .cancellation = never,
                                .clock = clock,
                                .cache_directory = {},
                                .thread_count = question.thread_count};
  return encode(carry_out(
      prepare_injection(question.options, services),
      {.directory = place_inside(0), .rung = sandbox::Rung::machine, .register_emulator = {}},
      EmulationUse::automatic, services));
}

} // namespace imagewright::pipeline
