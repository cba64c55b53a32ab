// SPDX-License-Identifier: MIT
#include "boot/qemu_arguments.hpp"

#include <fmt/format.h>

#include <imagewright/base/base64.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/image_format.hpp>

#include "boot/probe_credential.hpp"

namespace imagewright::boot {

namespace {

void append(std::vector<std::string>& arguments, std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more);
}

void append_firmware(std::vector<std::string>& arguments,
                     const model::QemuMachine::Firmware& firmware) {
  append(arguments,
         {"-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" + option_value(firmware.code),
          "-drive", "if=pflash,unit=1,format=raw,file=" + option_value(firmware.variables)});
}

} // namespace

std::vector<std::string> processor_arguments(const BootRequest& request) {
  std::vector<std::string> arguments;
  switch (request.accelerator) {
  case Accelerator::emulation:
    // Translations of code that is gone slow every write to its page, and the default buffer of
    // 1 GiB never fills up and drops them.
    append(arguments, {"-accel", "tcg,thread=multi,tb-size=192", "-cpu",
                       request.architecture.qemu.emulated_processor});
    break;
  case Accelerator::kvm:
    append(arguments, {"-accel", "kvm", "-cpu", "host"});
    break;
  }
  append(arguments, {"-smp", std::to_string(request.processor_count), "-m",
                     fmt::format("{}M", request.memory.bytes() >> 20U)});
  return arguments;
}

namespace {

/// The image as a node of QEMU's block layer.
json::Value image_node(const BootRequest& request) {
  json::Object node{{"driver", block_driver(request.format)}};
  // VHD stores the size of the disk twice. The one computed from cylinders, heads and sectors is
  // rounded, and QEMU takes it for files of programs that it does not know.
  if (block_driver(request.format) == "vpc") node.emplace_back("force_size_calc", "current_size");
  node.emplace_back("file",
                    json::Object{{"driver", "file"},
                                 {"filename", std::filesystem::absolute(request.image).string()}});
  return node;
}

std::string partition_options(const BootRequest& request) {
  return fmt::format("driver=raw,offset={},size={}", request.root.start.bytes(),
                     request.root.size.bytes());
}

} // namespace

std::string option_value(const std::string& text) {
  std::string value;
  for (const char byte : text) {
    value += byte;
    if (byte == ',') value += byte;
  }
  return value;
}

std::string block_driver(model::ImageFormat format) {
  const std::string_view driver = model::row_of(format).qemu_driver;
  IMAGEWRIGHT_ASSERT(!driver.empty());
  return std::string(driver);
}

std::vector<std::string> machine_arguments(const BootRequest& request, const MachineFiles& files) {
  std::vector<std::string> arguments{request.architecture.qemu.program, "-machine",
                                     request.architecture.qemu.machine};
  const std::vector<std::string> processor = processor_arguments(request);
  arguments.insert(arguments.end(), processor.begin(), processor.end());
  append(arguments, {"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"});
  if (files.firmware) append_firmware(arguments, *files.firmware);
  append(arguments, {"-blockdev",
                     "driver=qcow2,node-name=disk,discard=unmap,file.driver=file,file.filename=" +
                         option_value(files.overlay.string()),
                     "-device", "virtio-blk-pci,drive=disk,bootindex=0"});
  append(arguments, {"-device", "virtio-rng-pci"});
  // No option ROM: the firmware must not try to boot from the network.
  append(arguments, {"-netdev", "user,id=network,restrict=on", "-device",
                     "virtio-net-pci,netdev=network,romfile="});
  append(arguments, {"-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"});
  append(arguments, {"-device", "virtio-serial-pci", "-chardev",
                     "file,id=answers,path=" + option_value(files.answers.string()), "-device",
                     fmt::format("virtserialport,chardev=answers,name={}", k_answer_port)});
  const auto add = [&](const std::vector<std::string>& more) {
    arguments.insert(arguments.end(), more.begin(), more.end());
  };
  add(seed_arguments(request));
  add(files.tpm);
  if (!files.questions.empty()) {
    append(
        arguments,
        {"-drive", "if=none,id=questions,format=raw,file=" + option_value(files.questions.string()),
         "-device", fmt::format("virtio-blk-pci,drive=questions,serial={}", k_questions_serial)});
    add(Reminder::arguments(files.questions.parent_path()));
    add(credential_arguments("tmpfiles.extra", probe_tmpfiles()));
  }
  return arguments;
}

std::vector<std::string> credential_arguments(const std::string& name, const std::string& content) {
  return {"-smbios", fmt::format("type=11,value=io.systemd.credential.binary:{}={}", name,
                                 option_value(base::to_base64(content)))};
}

std::vector<std::string> seed_arguments(const BootRequest& request) {
  if (request.seed.empty()) return {};
  return {"-blockdev",
          "driver=raw,node-name=seed,read-only=on,file.driver=file,file.filename=" +
              option_value(std::filesystem::absolute(request.seed).string()),
          "-device", "virtio-blk-pci,drive=seed"};
}

std::vector<std::string> overlay_arguments(const BootRequest& request,
                                           const std::filesystem::path& overlay) {
  return {"qemu-img",
          "create",
          "-q",
          "-f",
          "qcow2",
          "-F",
          block_driver(request.format),
          "-b",
          "json:" + json::to_line(image_node(request)),
          overlay.string()};
}

std::vector<std::string> extraction_arguments(const BootRequest& request,
                                              const std::filesystem::path& root) {
  const json::Value partition = json::Object{{"driver", "raw"},
                                             {"offset", request.root.start.bytes()},
                                             {"size", request.root.size.bytes()},
                                             {"file", image_node(request)}};
  return {"qemu-img",   "convert", "-q", "-O", "raw", "json:" + json::to_line(partition),
          root.string()};
}

std::vector<std::string> insertion_arguments(const BootRequest& request,
                                             const std::filesystem::path& root,
                                             const std::filesystem::path& overlay) {
  return {"qemu-img",
          "convert",
          "-q",
          "-n",
          "-f",
          "raw",
          "--target-image-opts",
          root.string(),
          fmt::format("{},file.driver=qcow2,file.file.driver=file,file.file.filename={}",
                      partition_options(request), option_value(overlay.string()))};
}

} // namespace imagewright::boot
