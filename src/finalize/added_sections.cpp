// SPDX-License-Identifier: MIT
#include <cstddef>
#include <span>

#include <sys/stat.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/finalize/added_sections.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "added_sections_job.hpp"
#include "boot_loaders/pe_image.hpp"

namespace imagewright::finalize {

std::string write_added_sections(const sandbox::WorkerCall& call) {
  sandbox::ByteReader request(call.request);
  const std::string name = request.text();
  const std::vector<std::string> texts = request.texts();
  if (call.descriptors.size() != 2 || texts.size() % 2 != 0)
    throw base::BugError("sections are added to one file and written to another");
  struct stat status {};
  if (::fstat(call.descriptors[0], &status) != 0) throw base::BugError("no file was handed over");
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  fs::read_exactly(call.descriptors[0], std::as_writable_bytes(std::span(content)), 0, name);
  std::vector<boot_loaders::PeSection> sections;
  for (std::size_t index = 0; index < texts.size(); index += 2)
    sections.push_back({texts[index], texts[index + 1]});
  const std::string changed = boot_loaders::with_sections(std::move(content), sections, name);
  fs::write_exactly(call.descriptors[1], std::as_bytes(std::span(changed)), 0, name);
  return {};
}

void add_sections(const AddedSections& request, const base::Cancellation& cancellation) {
  std::vector<std::string> texts;
  for (const auto& [name, content] : request.sections) {
    texts.push_back(name);
    texts.push_back(content);
  }
  sandbox::ByteWriter writer;
  writer.text(request.name).texts(texts);
  sandbox::run_in_worker({.job = k_added_sections_job,
                          .subject = "the program " + base::quoted(request.name),
                          .request = writer.take(),
                          .descriptors = {request.program, request.target},
                          .limits = {.memory = base::ByteSize::gib(3)}},
                         cancellation);
}

} // namespace imagewright::finalize
