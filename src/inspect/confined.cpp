// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/inspect/confined.hpp>
#include <imagewright/inspect/disk_description.hpp>
#include <imagewright/inspect/installed_packages.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "disk_description_codec.hpp"
#include "installed_packages_codec.hpp"
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

std::string describe_image(const sandbox::WorkerCall& call) {
  const image::HandedImages images(call);
  sandbox::ByteReader request(images.request());
  const auto form = static_cast<DescriptionForm>(request.number());
  const auto files = static_cast<FileListing>(request.number());
  const OpenedImage image = open(images);
  const SystemFacts facts = read_system(image);
  // Whoever wants to stop ends this process.
  const base::Cancellation cancellation;
  if (form == DescriptionForm::json)
    return json::to_text(to_json(image, facts, files, cancellation));
  std::string text = to_text(image, facts);
  if (files == FileListing::included) text += files_to_text(image, cancellation);
  return text;
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
  for (std::size_t start = 0; start < answer.size();) {
    const std::size_t end = std::min(answer.find('\n', start), answer.size());
    const std::string_view line = answer.substr(start, end - start);
    if (base::escape_controls(line) != line) throw base::BugError("a text is no plain text");
    start = end + 1;
  }
  return std::string(answer);
}

std::string describe(const DescriptionRequest& request, const base::Cancellation& cancellation) {
  const image::ImageFile file = image::open_image_file(request.image, request.format);
  sandbox::ByteWriter writer;
  writer.number(static_cast<std::uint64_t>(request.form));
  writer.number(static_cast<std::uint64_t>(request.files));
  return ask(file, {.job = k_describe_job, .request = writer.take()}, cancellation,
             &require_harmless);
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
      sandbox::WorkerJob{.name = k_describe_job, .run = &describe_image},
      sandbox::WorkerJob{.name = k_read_job, .run = &read_facts},
      sandbox::WorkerJob{.name = k_disk_job, .run = &describe_handed_disk},
      sandbox::WorkerJob{.name = k_packages_job, .run = &read_packages}};
  return jobs;
}

} // namespace imagewright::inspect
