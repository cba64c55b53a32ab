// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/disk/partition_table.hpp>

#include "lint/subject.hpp"

namespace imagewright::lint {

namespace {

constexpr int k_deepest = 200;
constexpr std::size_t k_most_files = 4'000'000;

class VolumeReading {
public:
  VolumeReading(const disk::FilesystemReader& volume, FileSet& files,
                const base::Cancellation& cancellation)
      : volume_(volume), files_(files), cancellation_(cancellation) {}

  void run() { add("/", 0); }

private:
  void add(const std::string& path, int depth) {
    cancellation_.check();
    const auto found = volume_.find(path);
    if (!found) return;
    if (depth > k_deepest || ++count_ > k_most_files) {
      throw base::Error(base::FailureKind::build, "disk.corrupt-filesystem",
                        "the filesystem has more files, or deeper directories, than any real one",
                        "make the image again");
    }
    FileFacts facts{.type = found->type,
                    .permissions = found->permissions,
                    .owner = found->owner,
                    .group = found->group,
                    .size = found->size,
                    .link_target = {},
                    .attributes = {}};
    if (found->type == fs::FileType::symlink)
      facts.link_target = volume_.link_target(path).value_or("");
    for (const tree::ExtendedAttribute& attribute : volume_.attributes(path))
      facts.attributes.push_back(attribute.name);
    const bool is_directory = facts.type == fs::FileType::directory;
    files_.add(path, std::move(facts));
    if (!is_directory) return;
    for (const std::string& name : volume_.list(path).value_or(std::vector<std::string>())) {
      if (name != "." && name != "..") add((path == "/" ? "" : path) + "/" + name, depth + 1);
    }
  }

  const disk::FilesystemReader& volume_;
  FileSet& files_;
  const base::Cancellation& cancellation_;
  std::size_t count_ = 0;
};

bool is_about_content(const base::Error& error) {
  const std::string& code = error.diagnostic().code;
  return code.starts_with("image.") || code.starts_with("disk.") || code.starts_with("archive.");
}

void open_disk(Subject& subject) {
  try {
    subject.disk = subject.handed->open(0);
  } catch (const base::Error& error) {
    if (!is_about_content(error)) throw;
    subject.not_a_disk = error.diagnostic().message;
    subject.unreadable = subject.not_a_disk;
  }
}

void read_partitions(Subject& subject) {
  try {
    subject.partitions = disk::read_partition_table(*subject.disk);
  } catch (const base::Error& error) {
    if (!is_about_content(error)) throw;
  }
}

} // namespace

void read_disk(Subject& subject, const base::Cancellation& cancellation) {
  open_disk(subject);
  if (!subject.disk) return;
  read_partitions(subject);
  if (subject.partitions) {
    subject.unreadable = "the disk has partitions";
    return;
  }
  try {
    subject.volume = disk::open_filesystem(*subject.disk);
    if (!subject.volume) {
      subject.unreadable = "the disk is no filesystem that is known";
      return;
    }
    VolumeReading(*subject.volume, subject.files, cancellation).run();
    subject.files.set_reader(
        [&volume = *subject.volume](const std::string& path, std::size_t count) {
          const auto found = volume.find(path);
          if (!found) return std::string();
          return volume.read(path, base::ByteSize(found->size)).value_or("").substr(0, count);
        });
  } catch (const base::Error& error) {
    if (!is_about_content(error)) throw;
    subject.unreadable = error.diagnostic().message;
  }
}

} // namespace imagewright::lint
