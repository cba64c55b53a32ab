// SPDX-License-Identifier: MIT
#include <array>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/handover/handover.hpp>

#include "handover/manifest_facts.hpp"

namespace imagewright::handover {

namespace {

/// PowerShell ends such a text by any of five quotation marks, and takes each doubled for itself.
std::string quoted_for_powershell(std::string_view text) {
  constexpr std::array<std::string_view, 5> k_marks{"'", "\u2018", "\u2019", "\u201A", "\u201B"};
  std::string result = "'";
  while (!text.empty()) {
    std::size_t size = 1;
    for (const std::string_view mark : k_marks) {
      if (!text.starts_with(mark)) continue;
      size = mark.size();
      result += mark;
    }
    result += text.substr(0, size);
    text.remove_prefix(size);
  }
  return result + "'";
}

constexpr const char* k_script = R"(#Requires -RunAsAdministrator
#Requires -Modules Hyper-V
# Makes a virtual machine of generation 2 whose disk is the image beside this script.
[CmdletBinding()]
param(
  [string]$Name = {name},
  [string]$Path = (Join-Path $PSScriptRoot {file}),
  [string]$SwitchName = {network},
  [long]$MemoryBytes = {memory},
  [int]$ProcessorCount = {processors}
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$expected = '{digest}'
$found = (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash
if ($found -ne $expected) {{
  throw "The image $Path is not the one of the manifest: its SHA-256 is $found, not $expected"
}}

$machine = New-VM -Name $Name -Generation 2 -VHDPath $Path -MemoryStartupBytes $MemoryBytes -SwitchName $SwitchName
Set-VM -VM $machine -ProcessorCount $ProcessorCount -AutomaticCheckpointsEnabled $false -CheckpointType Disabled
{firmware}
Set-VMFirmware -VM $machine -FirstBootDevice (Get-VMHardDiskDrive -VM $machine)
$machine
)";

} // namespace

std::string hyperv_script(const audit::Manifest& manifest, const HyperVRequest& request) {
  const audit::ArtifactRecord& artifact = artifact_in(manifest, {model::ImageFormat::vhdx});
  if (!starts_by_uefi(manifest)) {
    throw base::Error(base::FailureKind::input, "handover.no-firmware",
                      fmt::format("the image {} has no EFI system partition: a machine of "
                                  "generation 2 cannot start it",
                                  base::quoted(manifest.name)),
                      "compose it with bootType efi");
  }
  const std::string& name = request.machine.name.empty() ? manifest.name : request.machine.name;
  const bool is_secure = request.machine.secure_boot == SecureBoot::on;
  return fmt::format(
      k_script, fmt::arg("name", quoted_for_powershell(checked_text(name, "name of a machine"))),
      fmt::arg("file", quoted_for_powershell(checked_text(artifact.file, "name of a file"))),
      fmt::arg("network", quoted_for_powershell(checked_text(request.network, "name of a switch"))),
      fmt::arg("memory", request.machine.memory.bytes()),
      fmt::arg("processors", request.machine.processors), fmt::arg("digest", artifact.digest.hex),
      fmt::arg("firmware",
               is_secure ? "Set-VMFirmware -VM $machine -EnableSecureBoot On -SecureBootTemplate "
                           "MicrosoftUEFICertificateAuthority"
                         : "Set-VMFirmware -VM $machine -EnableSecureBoot Off"));
}

} // namespace imagewright::handover
