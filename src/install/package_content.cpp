// SPDX-License-Identifier: MIT
#include "package_content.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <rpm/rpmarchive.h>
#include <rpm/rpmfiles.h>

#include <imagewright/base/error.hpp>

#include "payload_mode.hpp"

namespace imagewright::install {
namespace {

constexpr rpm_loff_t k_largest_text = rpm_loff_t{1} << 20U;

bool has_wanted(Header header, const std::function<bool(const std::string&)>& is_wanted) {
  const FileInformation files(rpmfiNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_KEEPHEADER));
  while (rpmfiNext(files.get()) >= 0) {
    if (is_wanted(rpmfiFN(files.get()))) return true;
  }
  return false;
}

std::string read_current(rpmfi archive) {
  std::string text(static_cast<std::size_t>(rpmfiFSize(archive)), '\0');
  const auto count = rpmfiArchiveRead(archive, text.data(), text.size());
  if (count < 0 || static_cast<std::size_t>(count) != text.size()) text.clear();
  return text;
}

} // namespace

std::vector<std::string>
read_package_files(const CheckedPackage& package, std::size_t index, const PackageFiles& files,
                   const std::function<bool(const std::string&)>& is_wanted) {
  std::vector<std::string> texts;
  Header header = package.header.get();
  if (!has_wanted(header, is_wanted)) return texts;
  const fs::UniqueFd descriptor = files.open(index);
  if (::lseek(descriptor.get(), static_cast<off_t>(package.payload_offset), SEEK_SET) < 0)
    base::throw_system_error("install.package-missing", "cannot read", text_of(header, RPMTAG_NAME),
                             errno);
  const RpmFile payload(
      Fdopen(fdDup(descriptor.get()), payload_mode(text_of(header, RPMTAG_PAYLOADCOMPRESSOR))));
  rpmfiles list = rpmfilesNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_KEEPHEADER);
  const FileInformation archive(
      rpmfiNewArchiveReader(payload.get(), list, RPMFI_ITER_READ_ARCHIVE));
  rpmfilesFree(list);
  while (archive && rpmfiNext(archive.get()) >= 0) {
    const bool is_text = S_ISREG(rpmfiFMode(archive.get())) &&
                         rpmfiFSize(archive.get()) <= k_largest_text &&
                         rpmfiArchiveHasContent(archive.get()) != 0;
    if (is_text && is_wanted(rpmfiFN(archive.get()))) texts.push_back(read_current(archive.get()));
  }
  if (archive) rpmfiArchiveClose(archive.get());
  return texts;
}

} // namespace imagewright::install
