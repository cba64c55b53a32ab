// SPDX-License-Identifier: MIT
#include <cstdint>

#include <imagewright/install/nevra_codec.hpp>

namespace imagewright::install {

void write_nevra(sandbox::ByteWriter& writer, const model::Nevra& nevra) {
  // A member that is added and not named here does not compile.
  const auto& [name, epoch, version, release, architecture] = nevra;
  writer.text(name).number(epoch).text(version).text(release).text(architecture);
}

model::Nevra read_nevra(sandbox::ByteReader& reader) {
  model::Nevra nevra;
  nevra.name = reader.text();
  nevra.epoch = static_cast<std::uint32_t>(reader.number());
  nevra.version = reader.text();
  nevra.release = reader.text();
  nevra.architecture = reader.text();
  return nevra;
}

} // namespace imagewright::install
