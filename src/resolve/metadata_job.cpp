// SPDX-License-Identifier: MIT
#include "metadata_job.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

extern "C" {
#include <solv/repo_rpmmd.h>
#include <solv/repo_solv.h>
#include <solv/repo_write.h>
#include <solv/solv_xfopen.h>
}
#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/resolve/resolve.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "metadata_table.hpp"
#include "publication_times.hpp"

namespace imagewright::resolve {

namespace {

constexpr std::string_view k_prepare_job = "prepare-metadata";
/// The largest distributions need a fifth of this with their file lists.
constexpr sandbox::WorkerLimits k_limits{.memory = base::ByteSize::gib(4)};

/// libsolv tells compressions apart by file name; files of the cache are named by their digest.
const char* name_for_content(int fd) {
  std::array<char, 6> head{};
  const ssize_t got = ::pread(fd, head.data(), head.size(), 0);
  const std::string_view text(head.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  if (text.starts_with("\x1f\x8b")) return "metadata.gz";
  if (text.starts_with("\x28\xb5\x2f\xfd")) return "metadata.zst";
  if (text.starts_with("\xfd"
                       "7zXZ")) {
    return "metadata.xz";
  }
  if (text.starts_with("BZh")) return "metadata.bz2";
  return "metadata";
}

// --- Decompression with a limit: metadata of a few kilobytes may stand for gigabytes

/// What libsolv can number; larger metadata would run over.
constexpr std::uint64_t k_largest_text = std::uint64_t{2} << 30U;
/// XML of packages shrinks to a tenth or a twentieth. More than this is made to hurt.
constexpr std::uint64_t k_largest_ratio = 256;
/// Small files may shrink by any factor.
constexpr std::uint64_t k_always_allowed = std::uint64_t{16} << 20U;

/// As far as comments before the first element are read.
constexpr std::size_t k_head = 4096;

struct LimitedStream {
  FilePointer inner;
  std::uint64_t left = 0;
  bool is_over = false;
  std::string head = {}; ///< the first bytes of the text
};

ssize_t read_limited(void* cookie, char* buffer, std::size_t size) {
  auto& stream = *static_cast<LimitedStream*>(cookie);
  const std::size_t got = std::fread(buffer, 1, size, stream.inner.get());
  if (got == 0) return std::ferror(stream.inner.get()) != 0 ? -1 : 0;
  if (got > stream.left) {
    stream.is_over = true;
    errno = EFBIG;
    return -1;
  }
  stream.left -= got;
  stream.head.append(buffer, std::min(got, k_head - std::min(k_head, stream.head.size())));
  return static_cast<ssize_t>(got);
}

std::uint64_t largest_text(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size >= k_largest_text) return 0;
  return std::min(k_largest_text, std::max(k_always_allowed, size * k_largest_ratio));
}

/// The text of a metadata file; reading it fails where the limit is.
class MetadataText {
public:
  MetadataText(int descriptor, const std::string& repository) {
    stream_->left = largest_text(descriptor);
    const int fd = ::dup(descriptor);
    if (fd < 0) fail(repository, std::generic_category().message(errno));
    stream_->inner.reset(solv_xfopen_fd(name_for_content(fd), fd, "r"));
    if (!stream_->inner) fail(repository, "libsolv cannot read that compression");
    file_.reset(::fopencookie(stream_.get(), "r", {.read = read_limited}));
    if (!file_) fail(repository, "there is no memory to read it");
  }

  std::FILE* get() const { return file_.get(); }
  bool is_over() const { return stream_->is_over; }
  /// Where an XML file says what it is.
  bool is_of_packages() const {
    return stream_->head.find("<metadata") != std::string::npos ||
           stream_->head.find("<filelists") != std::string::npos;
  }

private:
  std::unique_ptr<LimitedStream> stream_ = std::make_unique<LimitedStream>();
  FilePointer file_;
};

void parse_file(Repo* repository, int descriptor, const std::string& name, const char* language,
                int flags) {
  const MetadataText text(descriptor, name);
  const bool is_parsed = repo_add_rpmmd(repository, text.get(), language, flags) == 0;
  if (text.is_over()) {
    fail(name, "it is far larger than its compressed size lets expect; that is how metadata looks "
               "that was made to exhaust memory");
  }
  // libsolv takes a read error for the end of the file.
  if (!is_parsed) fail(name, pool_errstr(repository->pool));
  if (std::ferror(text.get()) != 0) fail(name, "its compression is damaged");
  // libsolv passes over elements that it does not know.
  if (!text.is_of_packages()) fail(name, "it is a page or a list of something else");
}

/// Texts for people are never asked for: leaving them out makes reading
/// several times faster.
int keep_key(Repo* repository, Repokey* key, void* data) {
  constexpr std::array<Id, 7> unwanted{SOLVABLE_SUMMARY,  SOLVABLE_DESCRIPTION, SOLVABLE_URL,
                                       SOLVABLE_GROUP,    SOLVABLE_PACKAGER,    SOLVABLE_BUILDHOST,
                                       SOLVABLE_HEADEREND};
  for (const Id name : unwanted) {
    if (key->name == name) return KEY_STORAGE_DROPPED;
  }
  return repo_write_stdkeyfilter(repository, key, data);
}

std::string serialized(Repo* repository) {
  char* buffer = nullptr;
  std::size_t size = 0;
  bool is_written = false;
  {
    const FilePointer file(::open_memstream(&buffer, &size));
    is_written = file &&
                 repo_write_filtered(repository, file.get(), keep_key, nullptr, nullptr) == 0 &&
                 std::fflush(file.get()) == 0;
  }
  const std::unique_ptr<char, decltype(&std::free)> owner(buffer, &std::free);
  return is_written ? std::string(buffer, size) : std::string();
}

std::string prepare(const sandbox::WorkerCall& call) {
  sandbox::ByteReader request(call.request);
  const std::string name = request.text();
  const bool has_times = request.number() != 0;
  const PoolPointer pool(pool_create());
  Repo* repository = repo_create(pool.get(), "metadata");
  parse_file(repository, call.descriptors[0], name, nullptr, 0);
  if (call.descriptors.size() > 1)
    parse_file(repository, call.descriptors[1], name, "FL", REPO_EXTEND_SOLVABLES);
  if (has_times) {
    if (::lseek(call.descriptors[0], 0, SEEK_SET) != 0)
      fail(name, std::generic_category().message(errno));
    const MetadataText text(call.descriptors[0], name);
    keep_publication_times(repository, read_publication_times(text.get(), name));
  }
  // Written and read once, all attributes stand in one place.
  const std::string content = serialized(repository);
  const PoolPointer whole(pool_create());
  Repo* all = repo_create(whole.get(), "metadata");
  const FilePointer file(solv_fmemopen(content.data(), content.size(), "r"));
  if (content.empty() || !file || repo_add_solv(all, file.get(), 0) != 0)
    fail(name, "it cannot be prepared");
  return table_of(all, call.descriptors.size() > 1 ? FileLists::complete : FileLists::primary_only);
}

} // namespace

void fail(const std::string& repository, const std::string& why) {
  throw base::Error(base::FailureKind::build, "resolve.metadata-unreadable",
                    fmt::format("cannot read the metadata of the repository {}: {}",
                                base::quoted(repository), base::escape_controls(why)),
                    "the repository's metadata is damaged; make it again with createrepo_c");
}

std::string prepare_metadata(const model::RepositorySnapshot& snapshot, MetadataParts parts,
                             const base::Cancellation& cancellation) {
  const std::string& name = snapshot.repository.name;
  std::vector<fs::UniqueFd> files;
  files.push_back(fs::open_for_reading(snapshot.primary));
  if (parts.file_lists == FileLists::complete && snapshot.filelists)
    files.push_back(fs::open_for_reading(*snapshot.filelists));
  sandbox::WorkerRequest request{
      .job = k_prepare_job,
      .subject = "the metadata of the repository " + base::quoted(name),
      .request = sandbox::ByteWriter().text(name).number(parts.times == Times::kept ? 1 : 0).take(),
      .descriptors = {},
      .limits = k_limits};
  for (const fs::UniqueFd& file : files)
    request.descriptors.push_back(file.get());
  const PoolPointer pool(pool_create());
  Repo* repository = repo_create(pool.get(), "metadata");
  sandbox::ask_worker(request, cancellation,
                      [&](std::string_view table) { return add_table(repository, table); });
  std::string content = serialized(repository);
  if (content.empty()) fail(name, "it cannot be prepared");
  return content;
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{sandbox::WorkerJob{.name = k_prepare_job, .run = &prepare}};
  return jobs;
}

} // namespace imagewright::resolve
