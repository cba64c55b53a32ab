// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <imagewright/audit/file_list.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/inspect/file_record.hpp>

namespace imagewright::audit {

namespace {

constexpr std::size_t k_buffer_size = std::size_t{256} << 10U;

std::string digest_of_content(const tree::ContentReader& contents, const tree::Inode& inode,
                              std::span<std::byte> buffer) {
  const fs::UniqueFd fd = contents.open(inode);
  base::Hasher hasher;
  for (std::uint64_t offset = 0; offset < inode.size;) {
    const auto piece = buffer.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), inode.size - offset)));
    fs::read_exactly(fd.get(), piece, offset, inode.content);
    hasher.update(piece);
    offset += piece.size();
  }
  return hasher.finish().to_string();
}

std::string describe(const tree::ContentReader& contents, const tree::Inode& inode,
                     std::span<std::byte> buffer) {
  std::string text = fmt::format("{} {:04o} {}:{}", inspect::type_word(inode.type),
                                 inode.permissions, inode.owner, inode.group);
  if (inode.type == fs::FileType::regular) {
    text += fmt::format(" {} {}", inode.size, digest_of_content(contents, inode, buffer));
  } else if (inode.type == fs::FileType::symlink) {
    text += " " + base::quoted(inode.target);
  } else if (inode.type == fs::FileType::character_device ||
             inode.type == fs::FileType::block_device) {
    text += fmt::format(" {},{}", inode.device.major, inode.device.minor);
  }
  for (const tree::ExtendedAttribute& attribute : inode.attributes)
    text += fmt::format(" {}={}", attribute.name, inspect::attribute_text(attribute));
  return text;
}

/// Describes inodes until none is left; several threads share `next`.
class Worker {
public:
  Worker(const tree::RootTree& tree, const base::Cancellation& cancellation)
      : tree_(tree), contents_(tree.host_path), cancellation_(cancellation),
        descriptions_(tree.inodes.size()) {}

  void run() {
    std::vector<std::byte> buffer(k_buffer_size);
    try {
      for (std::size_t index = next_++; index < descriptions_.size(); index = next_++) {
        cancellation_.check();
        descriptions_[index] = describe(contents_, tree_.inodes[index], buffer);
      }
    } catch (...) {
      // The thread's exception is the caller's: it is thrown again after the threads are joined.
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_ = descriptions_.size();
    }
  }

  const std::vector<std::string>& descriptions() const {
    if (failure_) std::rethrow_exception(failure_);
    return descriptions_;
  }

private:
  const tree::RootTree& tree_;
  const tree::ContentReader contents_;
  const base::Cancellation& cancellation_;
  std::vector<std::string> descriptions_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

} // namespace

std::map<std::string, std::string> list_files(const tree::RootTree& tree, unsigned thread_count,
                                              const base::Cancellation& cancellation) {
  Worker worker(tree, cancellation);
  std::vector<std::thread> threads;
  for (unsigned index = 1; index < thread_count; ++index) {
    threads.emplace_back([&worker] { worker.run(); });
  }
  worker.run();
  for (std::thread& thread : threads)
    thread.join();
  std::map<std::string, std::string> files;
  for (const tree::Entry& entry : tree.entries) {
    files[entry.path] = worker.descriptions()[entry.inode];
  }
  return files;
}

} // namespace imagewright::audit
