// SPDX-License-Identifier: MIT
#include "image/vhd/format.hpp"

#include "image/corrupt.hpp"
#include "image/flat_reader.hpp"
#include "image/vhd/footer.hpp"
#include "image/vhd/reader.hpp"
#include "image/vhd/writer.hpp"

namespace imagewright::image {

namespace {

constexpr std::string_view k_cookie = "conectix";

bool starts_with_cookie(const fs::ByteSource& file, const std::string&) {
  return text_at(file, 0, k_cookie.size()) == k_cookie;
}

bool ends_with_footer(const fs::ByteSource& file, const std::string& name) {
  return file.size() >= k_vhd_sector && find_fixed_vhd_size(file, name).has_value();
}

std::unique_ptr<ImageReader> open_fixed(const fs::ByteSource& file, const std::string& name) {
  const auto size = file.size() >= k_vhd_sector ? find_fixed_vhd_size(file, name) : std::nullopt;
  if (!size) throw_corrupt("image.corrupt-vhd", name, "its footer is missing or damaged");
  return std::make_unique<FlatReader>(file, *size, model::ImageFormat::vhd_fixed, name);
}

std::vector<std::byte> fixed_trailer(std::uint64_t disk_size, const DiskIdentity& identity) {
  return make_vhd_footer(VhdKind::fixed, disk_size, identity);
}

void write_dynamic(OutputFile& file, const SourceDisk& disk, const FormatRequest& request,
                   const base::Cancellation& cancellation) {
  write_dynamic_vhd(file, disk, request.identity, cancellation);
}

} // namespace

constinit const FormatWriter k_dynamic_vhd_writer{.check_size = check_vhd_size,
                                                  .write = write_dynamic};
constinit const FormatReader k_dynamic_vhd_reader{.recognises = starts_with_cookie,
                                                  .open = open_vhd};
constinit const FormatWriter k_fixed_vhd_writer{.check_size = check_vhd_size,
                                                .trailer = fixed_trailer};
constinit const FormatReader k_fixed_vhd_reader{.recognises = ends_with_footer, .open = open_fixed};

} // namespace imagewright::image
