// SPDX-License-Identifier: MIT
#include <imagewright/base/epoch.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "../given_files.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {

namespace {

struct Input {
  const ImageRecord& record;
  const base::Epoch& epoch;
  const std::string& tool_version;
  const std::vector<GivenFile>& given_files;
};

constexpr auto k_release = "/etc/image-customizer-release";
constexpr auto k_history = "/usr/share/image-customizer/history.json";

/// Old entries stay as they were written: the new one goes before the last bracket.
std::string with_entry(const std::string& history, const std::string& entry) {
  const std::string_view text = base::trimmed(history);
  if (text.empty()) return "[\n" + entry + "\n]\n";
  if (!text.starts_with('[') || !text.ends_with(']')) {
    throw base::Error(base::FailureKind::input, "finalize.bad-history",
                      base::quoted(k_history) + " of the base is no list",
                      "remove the file from the base, or give \"imageHistory: none\"");
  }
  const std::string_view before = base::trimmed(text.substr(0, text.size() - 1));
  const bool is_first = base::trimmed(before.substr(1)).empty();
  return std::string(before) + (is_first ? "\n" : ",\n") + entry + "\n]\n";
}

/// What programs look for that ask how an image was customized.
StepYield record_customizing(const Input& input, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  write_unless_given(files, input.given_files, k_release,
                     "TOOL_VERSION=\"" + input.tool_version + "\"\nBUILD_DATE=\"" +
                         base::to_iso8601(input.epoch) + "\"\nIMAGE_UUID=\"" + input.record.uuid +
                         "\"\n",
                     0644);
  if (input.record.history_entry.empty()) return {};
  files.write(k_history,
              with_entry(files.find_content(k_history).value_or(""), input.record.history_entry),
              0644);
  return {};
}

} // namespace

constinit const Step customizer_record{
    "customizer-record", AppliesTo::customized,
    k_run<record_customizing, &FinalizePlan::record, &FinalizePlan::epoch,
          &FinalizePlan::tool_version, &Findings::given_files>};

} // namespace imagewright::finalize::steps
