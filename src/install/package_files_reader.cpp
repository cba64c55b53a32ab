// SPDX-License-Identifier: MIT
#include "package_files_reader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rpm/rpmlib.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/path_pattern.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/install/package_files_reader.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "package_files.hpp"
#include "payload_check.hpp"
#include "payload_mode.hpp"
#include "request_codec.hpp"
#include "rpm_handles.hpp"
#include "rpm_log.hpp"
#include "signature_check.hpp"

namespace imagewright::install {

namespace {

/// Far more than kernels have, and a bound for what a worker keeps.
constexpr base::ByteSize k_largest_file = base::ByteSize::mib(256);

[[noreturn]] void throw_corrupt(const std::string& what) {
  throw base::Error(base::FailureKind::build, "install.package-corrupt",
                    "a package cannot be read: " + what,
                    "it was damaged or changed since it was fetched; build again");
}

struct Suffix {
  std::string_view end;
  const char* mode;
};

constexpr std::array k_suffixes{Suffix{".xz", "r.xzdio"}, Suffix{".zst", "r.zstdio"},
                                Suffix{".gz", "r.gzdio"}};

std::string read_all(FD_t file, const std::string& name) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t count = Fread(buffer.data(), 1, buffer.size(), file);
    if (count < 0 || Ferror(file) != 0) throw_corrupt(name + " is not what its name says");
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > k_largest_file.bytes()) throw_corrupt(name + " is too large");
  }
}

/// Takes the end of the name and the compression away that go together.
void unpack(std::string& name, std::string& content) {
  for (const Suffix& suffix : k_suffixes) {
    if (!name.ends_with(suffix.end)) continue;
    const fs::UniqueFd memory(::memfd_create("imagewright-module", MFD_CLOEXEC));
    if (!memory) base::throw_system_error("fs.cannot-write", "cannot keep", name, errno);
    fs::write_exactly(memory.get(), std::as_bytes(std::span(content)), 0, name);
    if (::lseek(memory.get(), 0, SEEK_SET) < 0) throw_corrupt(name);
    const RpmFile plain(Fdopen(fdDup(memory.get()), suffix.mode));
    content = read_all(plain.get(), name);
    name.resize(name.size() - suffix.end.size());
    return;
  }
}

bool is_wanted(std::string_view path, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return base::is_at_or_below_pattern(path, pattern);
  });
}

bool has_wanted(Header header, const std::vector<std::string>& patterns) {
  const FileInformation files(rpmfiNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_KEEPHEADER));
  while (rpmfiNext(files.get()) >= 0) {
    if (is_wanted(rpmfiFN(files.get()), patterns)) return true;
  }
  return false;
}

std::string read_current(rpmfi archive) {
  if (rpmfiFSize(archive) > k_largest_file.bytes())
    throw_corrupt(std::string(rpmfiFN(archive)) + " is too large");
  std::string text(static_cast<std::size_t>(rpmfiFSize(archive)), '\0');
  const auto count = rpmfiArchiveRead(archive, text.data(), text.size());
  if (count < 0 || static_cast<std::size_t>(count) != text.size())
    throw_corrupt(std::string(rpmfiFN(archive)) + " is cut off");
  return text;
}

void read_payload(Header header, FD_t package, const std::vector<std::string>& patterns,
                  PackagedFiles& files) {
  const RpmFile payload(
      Fdopen(fdDup(Fileno(package)), payload_mode(text_of(header, RPMTAG_PAYLOADCOMPRESSOR))));
  rpmfiles list = rpmfilesNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_KEEPHEADER);
  const FileInformation archive(
      rpmfiNewArchiveReader(payload.get(), list, RPMFI_ITER_READ_ARCHIVE));
  rpmfilesFree(list);
  if (!archive) throw_corrupt("its payload is no archive");
  while (rpmfiNext(archive.get()) >= 0) {
    std::string name = rpmfiFN(archive.get());
    if (!S_ISREG(rpmfiFMode(archive.get())) || rpmfiArchiveHasContent(archive.get()) == 0 ||
        !is_wanted(name, patterns))
      continue;
    std::string content = read_current(archive.get());
    unpack(name, content);
    files[name] = std::move(content);
  }
  rpmfiArchiveClose(archive.get());
}

/// Each file is the one of the user's choice.
void read_chosen(const std::vector<int>& descriptors, const std::vector<std::string>& patterns,
                 PackagedFiles& files) {
  const TransactionSet transaction(rpmtsCreate());
  rpmtsSetVSFlags(transaction.get(), RPMVSF_MASK_NOSIGNATURES | RPMVSF_MASK_NODIGESTS);
  rpmtsSetVfyLevel(transaction.get(), 0);
  for (const int descriptor : descriptors) {
    const RpmFile package(fdDup(descriptor));
    Header read = nullptr;
    const rpmRC result = rpmReadPackageFile(transaction.get(), package.get(), nullptr, &read);
    const HeaderOwner header(read);
    if (!header || result == RPMRC_NOTFOUND) throw_corrupt("it is no package");
    if (has_wanted(header.get(), patterns))
      read_payload(header.get(), package.get(), patterns, files);
  }
}

/// What comes out of them may run before anything is installed, a kernel above all: nothing is read
/// of a package before it was seen who signed it, and that its payload is what was signed.
void read_verified(const InstallRequest& request, const std::vector<int>& descriptors,
                   const std::vector<std::string>& patterns, PackagedFiles& files) {
  const TransactionSet transaction(rpmtsCreate());
  const PackageFiles opened(descriptors);
  RpmLog log;
  const std::vector<CheckedPackage> packages =
      check_signatures(transaction.get(), request, opened, log);
  check_payloads(packages, request.packages, opened, request.thread_count);
  for (std::size_t index = 0; index < packages.size(); ++index) {
    Header header = packages[index].header.get();
    if (!has_wanted(header, patterns)) continue;
    const fs::UniqueFd descriptor = opened.open(index);
    if (::lseek(descriptor.get(), static_cast<off_t>(packages[index].payload_offset), SEEK_SET) < 0)
      throw_corrupt(text_of(header, RPMTAG_NAME));
    const RpmFile package(fdDup(descriptor.get()));
    read_payload(header, package.get(), patterns, files);
  }
}

PackagedFiles decode_files(std::string_view answer) {
  PackagedFiles files;
  sandbox::ByteReader reader(answer);
  // Where nothing was asked for, that is still an answer: the signatures are good.
  for (std::uint64_t left = reader.number(); left != 0; --left) {
    std::string name = reader.text();
    files.emplace(std::move(name), reader.text());
  }
  if (!reader.at_end()) throw base::BugError("there is more than the files of packages");
  return files;
}

PackagedFiles read_in_worker(sandbox::ByteWriter request,
                             const std::vector<std::filesystem::path>& packages,
                             const std::vector<std::string>& patterns,
                             const base::Cancellation& cancellation) {
  for (const std::string& pattern : patterns)
    request.text(pattern);
  std::vector<fs::UniqueFd> opened;
  std::vector<int> descriptors;
  for (const std::filesystem::path& package : packages) {
    opened.push_back(fs::open_for_reading(package));
    descriptors.push_back(opened.back().get());
  }
  return sandbox::ask_worker({.job = k_package_files_job,
                              .subject = "packages that are not installed",
                              .request = request.take(),
                              .descriptors = std::move(descriptors),
                              .limits = {}},
                             cancellation, &decode_files);
}

} // namespace

std::string read_packaged_files_inside(const sandbox::WorkerCall& call) {
  sandbox::ByteReader reader(call.request);
  const std::string request = reader.text();
  std::vector<std::string> patterns;
  while (!reader.at_end())
    patterns.push_back(reader.text());
  const std::vector<int> descriptors(call.descriptors.begin(), call.descriptors.end());
  PackagedFiles files;
  if (request.empty()) {
    read_chosen(descriptors, patterns, files);
  } else {
    read_verified(decode_request(request), descriptors, patterns, files);
  }
  sandbox::ByteWriter writer;
  writer.number(files.size());
  for (const auto& [name, content] : files)
    writer.text(name).text(content);
  return writer.take();
}

PackagedFiles read_packaged_files(const std::vector<std::filesystem::path>& packages,
                                  const std::vector<std::string>& patterns,
                                  const base::Cancellation& cancellation) {
  return read_in_worker(sandbox::ByteWriter().text(""), packages, patterns, cancellation);
}

PackagedFiles read_packaged_files(const TrustedPackages& packages,
                                  const std::vector<std::string>& patterns,
                                  const base::Cancellation& cancellation) {
  InstallRequest request;
  request.packages = packages.packages;
  request.trust = packages.trust;
  std::vector<std::filesystem::path> paths;
  for (const model::PackageFile& file : packages.packages.files)
    paths.push_back(file.path);
  return read_in_worker(sandbox::ByteWriter().text(encode_request(request)), paths, patterns,
                        cancellation);
}

} // namespace imagewright::install
