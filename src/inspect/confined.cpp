// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/inspect/confined.hpp>
#include <imagewright/inspect/disk_description.hpp>
#include <imagewright/inspect/installed_packages.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "archive_files.hpp"
#include "disk_description_codec.hpp"
#include "installed_packages_codec.hpp"
#include "layer_job.hpp"
#include "system_facts_codec.hpp"

namespace imagewright::inspect {

namespace {

constexpr std::string_view k_describe_job = "describe-image";
constexpr std::string_view k_read_job = "read-system";
constexpr std::string_view k_disk_job = "describe-disk";
constexpr std::string_view k_packages_job = "read-installed-packages";

OpenedImage open(const image::HandedImages& images) {
  return OpenedImage(images.name(0), images.open(0));
}

/// What is no disk may be a root in an archive; what is neither is told as no disk.
OpenedImage open_disk_or_archive(const image::HandedImages& images) {
  std::optional<base::Error> refusal;
  try {
    return open(images);
  } catch (const base::Error& error) {
    if (images.format(0) || error.diagnostic().code != "image.unsupported") throw;
    refusal = error;
  }
  // Whoever wants to stop ends this process.
  const base::Cancellation cancellation;
  auto files = std::make_unique<ArchiveFiles>();
  try {
    files->read_archive(images.file(0), images.name(0), cancellation);
  } catch (const base::Error& error) {
    if (error.diagnostic().code != "archive.damaged" || files->has_members()) throw;
  }
  if (!files->has_members()) throw base::Error(*refusal);
  return OpenedImage(images.name(0), std::move(files));
}

void write_checks(sandbox::ByteWriter& writer,
                  const std::optional<std::vector<model::Check>>& checks) {
  writer.flag(checks.has_value());
  if (!checks) return;
  writer.number(checks->size());
  for (const model::Check& check : *checks)
    writer.text(check.name)
        .text(model::to_string(check.kind))
        .text(check.subject)
        .text(check.expected);
}

std::optional<std::vector<model::Check>> read_checks(sandbox::ByteReader& reader) {
  if (!reader.flag()) return std::nullopt;
  std::vector<model::Check> checks;
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    model::Check& check = checks.emplace_back();
    check.name = reader.text();
    const auto kind = model::find_check_kind(reader.text());
    if (!kind) throw base::BugError("a check of no kind");
    check.kind = *kind;
    check.subject = reader.text();
    check.expected = reader.text();
  }
  return checks;
}

std::uint64_t failures_in(const std::optional<std::vector<CheckAnswer>>& answers) {
  if (!answers) return 0;
  return static_cast<std::uint64_t>(
      std::ranges::count(*answers, CheckOutcome::failed, &CheckAnswer::outcome));
}

std::string describe_image(const sandbox::WorkerCall& call) {
  const image::HandedImages images(call);
  sandbox::ByteReader request(images.request());
  const auto form = static_cast<DescriptionForm>(request.number());
  const auto files = static_cast<FileListing>(request.number());
  const auto checks = read_checks(request);
  const OpenedImage image = open_disk_or_archive(images);
  const SystemFacts facts = read_system(image);
  if (!image.has_disk() && files == FileListing::included) {
    throw base::Error(base::FailureKind::input, "image.unsupported",
                      fmt::format("the files of the archive {} are not listed here",
                                  base::quoted(images.name(0))),
                      "tar --list --verbose --file lists them");
  }
  // Whoever wants to stop ends this process.
  const base::Cancellation cancellation;
  std::optional<std::vector<CheckAnswer>> answers;
  if (checks) answers = answer_checks(*checks, image, facts);
  std::string text;
  if (form == DescriptionForm::json) {
    text = json::to_text(to_json(image, facts, files, cancellation, answers));
  } else {
    text =
        to_text(image, facts,
                answers ? std::span<const CheckAnswer>(*answers) : std::span<const CheckAnswer>());
    if (files == FileListing::included) text += files_to_text(image, cancellation);
  }
  sandbox::ByteWriter writer;
  writer.number(failures_in(answers)).text(text);
  return writer.take();
}

std::string read_facts(const sandbox::WorkerCall& call) {
  return encode(read_system(open(image::HandedImages(call))));
}

std::string read_packages(const sandbox::WorkerCall& call) {
  return encode(read_installed_packages(open(image::HandedImages(call))));
}

std::string describe_handed_disk(const sandbox::WorkerCall& call) {
  return encode(describe_disk(open(image::HandedImages(call))));
}

template <typename Decode>
auto ask(const image::ImageFile& file, sandbox::WorkerRequest request,
         const base::Cancellation& cancellation, const Decode& decode) {
  request.subject = "the image " + base::quoted(file.name);
  return sandbox::ask_worker(image::request_to_read(std::span(&file, 1), std::move(request)),
                             cancellation, decode);
}

} // namespace

std::string require_harmless(std::string_view answer) {
  if (answer.empty()) throw base::BugError("a text says nothing");
  for (std::size_t start = 0; start < answer.size();) {
    const std::size_t end = std::min(answer.find('\n', start), answer.size());
    const std::string_view line = answer.substr(start, end - start);
    if (base::escape_controls(line) != line) throw base::BugError("a text is no plain text");
    start = end + 1;
  }
  return std::string(answer);
}

void require_json(const std::string& text) {
  try {
    json::parse(text, "answer");
  } catch (const base::Error& error) {
    throw base::BugError(error.diagnostic().message);
  }
}

DescribedImage describe(const DescriptionRequest& request, const base::Cancellation& cancellation) {
  const image::ImageFile file = image::open_image_file(request.image, request.format);
  sandbox::ByteWriter writer;
  writer.number(static_cast<std::uint64_t>(request.form));
  writer.number(static_cast<std::uint64_t>(request.files));
  write_checks(writer, request.checks);
  const auto decode = [&](std::string_view bytes) {
    sandbox::ByteReader answer(bytes);
    DescribedImage described;
    described.failed_checks = answer.number();
    described.text = require_harmless(answer.text());
    if (request.form == DescriptionForm::json) require_json(described.text);
    if (!answer.at_end()) throw base::BugError("more than an answer");
    return described;
  };
  return ask(file, {.job = k_describe_job, .request = writer.take()}, cancellation, decode);
}

SystemFacts read_system_confined(const std::filesystem::path& image,
                                 std::optional<model::ImageFormat> format,
                                 const base::Cancellation& cancellation) {
  return read_system_confined(image::open_image_file(image, format), cancellation);
}

SystemFacts read_system_confined(const image::ImageFile& image,
                                 const base::Cancellation& cancellation) {
  return ask(image, {.job = k_read_job}, cancellation, &decode_system_facts);
}

std::vector<model::InstalledPackage>
read_installed_packages_confined(const image::ImageFile& image,
                                 const base::Cancellation& cancellation) {
  return ask(image, {.job = k_packages_job}, cancellation, &decode_installed_packages);
}

model::DiskDescription describe_disk_confined(const std::filesystem::path& image,
                                              std::optional<model::ImageFormat> format,
                                              const base::Cancellation& cancellation) {
  return ask(image::open_image_file(image, format), {.job = k_disk_job}, cancellation,
             &decode_disk_description);
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{
      sandbox::WorkerJob{
          .name = k_describe_job, .run = &describe_image, .prepare = &archive::prepare_to_read_tar},
      sandbox::WorkerJob{.name = k_read_job, .run = &read_facts},
      sandbox::WorkerJob{.name = k_disk_job, .run = &describe_handed_disk},
      sandbox::WorkerJob{.name = k_packages_job, .run = &read_packages},
      sandbox::WorkerJob{.name = k_layers_job,
                         .run = &read_layers_in_worker,
                         .prepare = &archive::prepare_to_read_tar}};
  return jobs;
}

} // namespace imagewright::inspect
