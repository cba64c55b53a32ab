// SPDX-License-Identifier: MIT
#include <imagewright/base/epoch.hpp>

#include "../given_files.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {
  const std::string& image_name;
  const model::Architecture& architecture;
  const base::Epoch& epoch;
  const std::string& tool_version;
  const std::vector<GivenFile>& given_files;
};

/// Says what the image is, without a clock or a random id: the same image says the same.
StepYield write_release_file(const Input& input, root::WorkRoot& root) {
  write_unless_given(root.files(), input.given_files, "/etc/imagewright-release",
                     "IMAGE_NAME=\"" + input.image_name + "\"\n" + //
                         "ARCHITECTURE=\"" + input.architecture.name + "\"\n" +
                         "SOURCE_DATE_EPOCH=\"" +
                         std::to_string(input.epoch.time_since_epoch().count()) + "\"\n" +
                         "TOOL_VERSION=\"" + input.tool_version + "\"\n",
                     0644);
  return {};
}

} // namespace

constinit const Step release_file{
    "release-file", AppliesTo::both,
    k_run<write_release_file, &FinalizePlan::image_name, &FinalizePlan::architecture,
          &FinalizePlan::epoch, &FinalizePlan::tool_version, &Findings::given_files>};

} // namespace imagewright::finalize::steps
