// SPDX-License-Identifier: MIT
#include <cstddef>
#include <optional>
#include <span>

#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/measure/phase_values.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "boot_chain.hpp"
#include "phase_job.hpp"

namespace imagewright::measure {

namespace {

constexpr base::ByteSize k_largest_program = base::ByteSize::mib(512);

std::string content_of(int file, const std::string& name) {
  struct stat status {};
  const bool is_file = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  if (!is_file || static_cast<std::uint64_t>(status.st_size) > k_largest_program.bytes()) {
    throw base::Error(base::FailureKind::input, "measure.no-stub",
                      base::quoted(name) + " is no unified kernel image",
                      "give the file of one, of at most 512 MiB");
  }
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  fs::read_exactly(file, std::as_writable_bytes(std::span(content)), 0, name);
  return content;
}

LoaderWord required_stub(const EfiProgram& program, const std::string& name) {
  const LoaderWord stub = word_of(program);
  if (!is_known_stub(stub) || !program.find(".linux")) {
    throw base::Error(base::FailureKind::input, "measure.no-stub",
                      base::quoted(name) + " is no unified kernel image whose stub is known here",
                      "it begins with systemd-stub of the releases 252 to 255");
  }
  for (const std::string_view section : {".pcrsig", ".pcrpkey"}) {
    if (!program.find(section)) continue;
    throw base::Error(base::FailureKind::input, "measure.has-policy",
                      fmt::format("{} has a section {} already", base::quoted(name), section),
                      "begin with the file as the build has written it");
  }
  return stub;
}

std::string encode(const std::vector<base::Digest>& values) {
  sandbox::ByteWriter writer;
  writer.number(values.size());
  for (const base::Digest& value : values)
    writer.text(value.to_string());
  return writer.take();
}

std::vector<base::Digest> decode(std::string_view bytes, std::size_t expected) {
  sandbox::ByteReader reader(bytes);
  std::vector<base::Digest> values;
  if (reader.number() != expected) throw base::BugError("it tells too many values, or too few");
  while (values.size() < expected) {
    const auto value = base::Digest::parse(reader.text());
    if (!value) throw base::BugError("a value is no digest");
    values.push_back(*value);
  }
  return values;
}

} // namespace

std::string measure_phases(const sandbox::WorkerCall& call) {
  sandbox::ByteReader request(call.request);
  const std::string name = request.text();
  const std::string public_key = request.text();
  const std::vector<std::string> phases = request.texts();
  if (call.descriptors.size() != 1) throw base::BugError("a unified kernel image is one file");
  const std::string content = content_of(call.descriptors.front(), name);
  const EfiProgram program(content, name);
  const LoaderWord stub = required_stub(program, name);
  EventLog sections;
  measure_sections(program, stub, public_key, sections);
  std::vector<base::Digest> values;
  for (const base::DigestAlgorithm bank : k_banks) {
    for (const std::string& phase : phases) {
      EventLog log = sections;
      for (const std::string& word : base::split(phase, ':')) {
        if (!word.empty()) log.add(k_kernel_image_register, "EV_IPL", word, word);
      }
      values.push_back(
          std::move(log).finish().registers.at(k_kernel_image_register).values.at(bank));
    }
  }
  return encode(values);
}

std::vector<base::Digest> phase_values(const PhaseRequest& request,
                                       const base::Cancellation& cancellation) {
  sandbox::ByteWriter writer;
  writer.text(request.name).text(request.public_key).texts(request.phases);
  return sandbox::ask_worker({.job = k_phase_job,
                              .subject = "the program " + base::quoted(request.name),
                              .request = writer.take(),
                              .descriptors = {request.program},
                              .limits = {.memory = base::ByteSize::gib(3)}},
                             cancellation, [&](std::string_view bytes) {
                               return decode(bytes, request.phases.size() * std::size(k_banks));
                             });
}

} // namespace imagewright::measure
