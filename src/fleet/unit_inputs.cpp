// SPDX-License-Identifier: MIT
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/unit.hpp>

namespace imagewright::fleet {

json::Value to_json(const UnitInputs& inputs) {
  json::Array formats;
  for (const model::ImageFormat format : inputs.formats)
    formats.emplace_back(model::to_string(format));
  json::Object object{{"toolVersion", inputs.tool_version},
                      {"architecture", inputs.architecture},
                      {"files", inputs.files.to_string()},
                      {"lock", inputs.lock.to_string()},
                      {"formats", std::move(formats)}};
  if (inputs.epoch) {
    object.emplace_back("epoch",
                        static_cast<std::int64_t>(inputs.epoch->time_since_epoch().count()));
  }
  return object;
}

base::Digest digest_of(const UnitInputs& inputs) {
  return base::digest_of(json::to_line(to_json(inputs)));
}

std::string differences_between(const UnitInputs& before, const UnitInputs& now) {
  std::vector<std::string> names;
  if (before.tool_version != now.tool_version) {
    names.push_back("imagewright (" + base::quoted(before.tool_version) + ", now " +
                    base::quoted(now.tool_version) + ")");
  }
  if (before.architecture != now.architecture) names.emplace_back("the architecture");
  if (before.files != now.files)
    names.emplace_back("the config, the release profile or a file that they name");
  if (before.lock != now.lock) names.emplace_back("the lock");
  if (before.formats != now.formats) names.emplace_back("the formats");
  if (before.epoch != now.epoch) names.emplace_back("the time stamp");
  if (names.empty()) return "nothing";
  std::string text = names.front();
  for (std::size_t index = 1; index < names.size(); ++index)
    text += (index + 1 == names.size() ? " and " : ", ") + names[index];
  return text;
}

} // namespace imagewright::fleet
