// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/audit/measured_boot.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::audit {

namespace {

/// Of a TPM that follows the PC Client Platform's profile.
constexpr std::uint64_t k_register_count = 24;

[[noreturn]] void damaged(const std::string& file, const std::string& why) {
  throw base::Error(base::FailureKind::input, "audit.manifest-damaged",
                    fmt::format("{} cannot be used: {}", base::quoted(file), why),
                    "use the manifest that was written together with the image");
}

json::Value register_json(const MeasuredRegister& row) {
  json::Object object{{"pcr", static_cast<std::int64_t>(row.number)}};
  if (row.values.empty()) {
    object.emplace_back("unknown", row.unknown);
    return object;
  }
  json::Object values;
  for (const base::Digest& value : row.values)
    values.emplace_back(std::string(base::to_string(value.algorithm)), value.hex);
  object.emplace_back("values", std::move(values));
  return object;
}

MeasuredRegister register_from(const json::Value& value, const std::string& file) {
  const std::uint64_t number = json::unsigned_member(value, "pcr", file);
  if (number >= k_register_count) damaged(file, "no TPM has so many registers");
  MeasuredRegister row{.number = static_cast<std::uint32_t>(number)};
  const json::Value* values = value.find("values");
  if (values == nullptr) {
    row.unknown = json::string_member(value, "unknown", file);
    return row;
  }
  const json::Object* banks = values->find_object();
  if (banks == nullptr || banks->empty()) damaged(file, "a register has no values");
  for (const auto& [bank, hex] : *banks) {
    const std::string* text = hex.find_string();
    const auto digest =
        text == nullptr ? std::nullopt : base::Digest::parse(fmt::format("{}:{}", bank, *text));
    if (!digest) damaged(file, "a register has a value that is no digest");
    row.values.push_back(*digest);
  }
  return row;
}

} // namespace

json::Value to_json(const MeasuredBoot& boot) {
  if (!boot.unknown.empty()) return json::Object{{"unknown", boot.unknown}};
  json::Array registers;
  for (const MeasuredRegister& row : boot.registers)
    registers.push_back(register_json(row));
  return json::Object{{"entry", boot.entry}, {"registers", std::move(registers)}};
}

MeasuredBoot measured_boot_from(const json::Value& value, const std::string& file) {
  MeasuredBoot boot;
  if (value.find("unknown") != nullptr) {
    boot.unknown = json::string_member(value, "unknown", file);
    return boot;
  }
  boot.entry = json::string_member(value, "entry", file);
  for (const json::Value& row : json::array_member(value, "registers", file))
    boot.registers.push_back(register_from(row, file));
  return boot;
}

} // namespace imagewright::audit
