// SPDX-License-Identifier: MIT
#pragma once

// Files of a root whose content is still in the base alone.

#include <memory>

#include <sys/stat.h>

#include <imagewright/origin/extraction.hpp>
#include <imagewright/root/snapshot.hpp>
#include <imagewright/root/work_root.hpp>

namespace imagewright::origin {

FileTime time_of(const timespec& time);
/// Whether the host says of an open file that nothing of it is stored.
bool is_all_hole(int file);
/// A path of a filesystem as the whole root has it.
std::string joined(const std::string& mount_point, const std::string& path);

/// Whether nobody has given the file a content: a number is given away again once a file is gone.
/// `file` is open for reading.
bool is_hollow(const Extraction& extraction, const ExtractedFile& extracted,
               const struct stat& status, int file);

/// Filesystems take the time of a change from a clock that moves in ticks: within one, a change
/// could not be told from none.
void wait_for_next_tick(const Extraction& extraction);

class HollowFiles final : public root::LateContent {
public:
  HollowFiles(const BaseImage& base, std::shared_ptr<Extraction> extraction,
              const root::Workforce& workforce)
      : base_(base), extraction_(std::move(extraction)), workforce_(workforce) {}

  /// Whoever opens a file may change it at once: its content will be compared (restore()).
  void fill(const fs::UniqueFd& name) override;
  /// A file that nobody has touched counts as that afterwards.
  void fill_all(const fs::RootDir& files) override;

private:
  struct Waiting {
    fs::UniqueFd name;
    ExtractedFile* file;
  };

  void fill_all(const std::vector<Waiting>& waiting) const;
  fs::UniqueFd find_name(const fs::RootDir& files, const FileIdentity& identity,
                         const ExtractedFile& file) const;
  /// Open for changes; an empty one where it is another file that has got the number.
  fs::UniqueFd fill(const fs::UniqueFd& name, const ExtractedFile& file) const;

  const BaseImage& base_;
  std::shared_ptr<Extraction> extraction_;
  root::Workforce workforce_;
};

} // namespace imagewright::origin
