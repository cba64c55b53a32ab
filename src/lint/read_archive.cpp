// SPDX-License-Identifier: MIT
#include <array>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>

#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

#include "lint/subject.hpp"

namespace imagewright::lint {

namespace {

/// Of every file; rules that ask for more than the start of one ask for small ones.
constexpr std::size_t k_kept_head = 64;
constexpr std::size_t k_kept_whole = std::size_t{64} * 1024;

bool is_kept_whole(const std::string& path, std::uint64_t size) {
  if (size > k_kept_whole) return false;
  for (const char* directory : {"/etc/", "/usr/lib/wsl/", "/usr/share/wsl/", "/usr/libexec/wsl/"}) {
    if (path.starts_with(directory)) return true;
  }
  return path == "/usr/lib/os-release";
}

bool is_foreign_name(const std::string& name, std::int64_t id) {
  return !name.empty() && !(name == "root" && id == 0);
}

/// Reads what was not kept by going through the archive again.
class Contents {
public:
  Contents(const image::HandedImages& file, const base::Cancellation& cancellation)
      : file_(file), cancellation_(cancellation) {}

  void keep(const std::string& path, std::string content) {
    first_names_.erase(path);
    kept_[path] = std::move(content);
  }

  /// Names that take turns, as only a doctored archive has them, end at the one that was a file.
  void link(const std::string& path, const std::string& target) {
    const std::string first = first_name(target);
    if (first != path) first_names_[path] = first;
  }

  std::string read(const std::string& path, std::size_t count) {
    const std::string first = first_name(path);
    std::string& kept = kept_[first];
    if (kept.size() < count && kept.size() >= k_kept_head) kept = read_again(first, count);
    return kept.substr(0, count);
  }

private:
  std::string first_name(const std::string& path) const {
    const auto link = first_names_.find(path);
    return link == first_names_.end() ? path : link->second;
  }

  std::string read_again(const std::string& path, std::size_t count) const {
    std::string content;
    archive::read_tar(
        file_.file(0), file_.name(0), archive::k_largest_root,
        [&](const archive::TarMember& member, const archive::MemberContent& bytes) {
          if (member.type == fs::FileType::regular && member.hard_link.empty() &&
              archive::path_in_root(member.path) == path)
            content = bytes(count);
        },
        cancellation_);
    return content;
  }

  const image::HandedImages& file_;
  const base::Cancellation& cancellation_;
  std::map<std::string, std::string> kept_;
  std::map<std::string, std::string> first_names_; ///< of hard links: names of no link
};

class ArchiveReading {
public:
  ArchiveReading(Subject& subject, const base::Cancellation& cancellation)
      : subject_(subject), cancellation_(cancellation),
        contents_(std::make_shared<Contents>(*subject.handed, cancellation)) {}

  void run() {
    subject_.files.add("/", {.type = fs::FileType::directory, .permissions = 0755});
    archive::read_tar(
        subject_.handed->file(0), subject_.path.string(), archive::k_largest_root,
        [this](const archive::TarMember& member, const archive::MemberContent& content) {
          visit(member, content);
        },
        cancellation_);
    subject_.files.set_reader([contents = contents_](const std::string& path, std::size_t count) {
      return contents->read(path, count);
    });
  }

private:
  void visit(const archive::TarMember& member, const archive::MemberContent& content) {
    const auto path = archive::path_in_root(member.path);
    if (!path) {
      subject_.archive.outside.push_back(member.path);
      return;
    }
    if (!seen_.insert(*path).second) subject_.archive.repeated.push_back(*path);
    archive::require_member_count(seen_.size());
    if (is_foreign_name(member.owner_name, member.owner) ||
        is_foreign_name(member.group_name, member.group)) {
      subject_.archive.named.push_back(
          fmt::format("{} of {}:{}", *path, member.owner_name, member.group_name));
    }
    add_parents(*path);
    FileFacts facts{.type = member.type,
                    .permissions = member.permissions,
                    .owner = member.owner,
                    .group = member.group,
                    .size = member.size,
                    .link_target = member.link_target,
                    .attributes = member.attributes};
    if (!member.hard_link.empty()) {
      add_hard_link(*path, member, std::move(facts));
      return;
    }
    if (member.type == fs::FileType::regular && member.size > 0) {
      contents_->keep(*path, content(is_kept_whole(*path, member.size)
                                         ? static_cast<std::size_t>(member.size)
                                         : k_kept_head));
    }
    subject_.files.add(*path, std::move(facts));
  }

  void add_hard_link(const std::string& path, const archive::TarMember& member, FileFacts facts) {
    const auto target = archive::path_in_root(member.hard_link);
    const FileFacts* first = target ? subject_.files.find_itself(*target) : nullptr;
    if (first == nullptr) {
      subject_.archive.outside.push_back(
          fmt::format("{}, another name of {}, which is not there", path, member.hard_link));
      return;
    }
    facts = *first;
    contents_->link(path, *target);
    subject_.files.add(path, std::move(facts));
  }

  /// Directories need not be members.
  void add_parents(const std::string& path) {
    for (std::size_t end = path.find('/', 1); end != std::string::npos;
         end = path.find('/', end + 1)) {
      const std::string parent = path.substr(0, end);
      if (subject_.files.find_itself(parent) == nullptr)
        subject_.files.add(parent, {.type = fs::FileType::directory, .permissions = 0755});
    }
  }

  Subject& subject_;
  const base::Cancellation& cancellation_;
  std::shared_ptr<Contents> contents_;
  std::set<std::string> seen_;
};

archive::Compression compression_of(const image::HandedImages& handed) {
  std::array<std::byte, 6> head{};
  if (handed.file_size(0) < base::ByteSize(head.size())) return archive::Compression::none;
  fs::read_exactly(handed.file(0).get(), head, 0, handed.name(0));
  return archive::detect_compression(head);
}

} // namespace

void read_archive(Subject& subject, const base::Cancellation& cancellation) {
  subject.archive.compression = compression_of(*subject.handed);
  try {
    ArchiveReading(subject, cancellation).run();
    // Zeros are the end of an archive, and so an archive of nothing.
    if (subject.files.all().size() == 1 && subject.archive.outside.empty())
      subject.unreadable = "the archive has no members";
  } catch (const base::Error& error) {
    const std::string& code = error.diagnostic().code;
    if (!code.starts_with("archive.") || error.kind() == base::FailureKind::host) throw;
    subject.unreadable = error.diagnostic().message;
  }
}

} // namespace imagewright::lint
