// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include <imagewright/model/kept_paths.hpp>

#include "../given_files.hpp"
#include "../leftover.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<GivenFile>& given_files;
};

/// What the base has is older than what is made of it.
bool is_written_now(const fs::RootDir& files, const std::string& path, base::Epoch epoch) {
  struct stat status {};
  const fs::UniqueFd name = files.open(path, O_PATH | O_NOFOLLOW);
  return ::fstat(name.get(), &status) == 0 &&
         status.st_mtim.tv_sec > epoch.time_since_epoch().count();
}

void remove_if_written(const Input& input, const root::WorkRoot& root, const std::string& path) {
  const fs::RootDir& files = root.files();
  const auto status = files.find_status(path);
  if (!status || is_given(input.given_files, path)) return;
  if (status->type == fs::FileType::directory) {
    for (const auto& name : files.list(path))
      remove_if_written(input, root, path + "/" + name);
  } else if (is_written_now(files, path, root.epoch())) {
    remove_written_file(files, path);
  }
}

/// What the base has of these stays as it is, like everything that nobody asked to change.
StepYield remove_written_leftovers(const Input& input, root::WorkRoot& root) {
  for (const auto path : leftovers())
    remove_if_written(input, root, std::string(path));
  for (const auto directory : model::scratch_directories())
    remove_if_written(input, root, std::string(directory));
  return {};
}

} // namespace

constinit const Step written_leftovers{"written-leftovers", AppliesTo::customized,
                                       k_run<remove_written_leftovers, &Findings::given_files>};

} // namespace imagewright::finalize::steps
