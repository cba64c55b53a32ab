# SPDX-License-Identifier: MIT
output "image_version_id" {
  description = "Resource id for source_image_id of machines and scale sets."
  value       = azurerm_shared_image_version.image.id
}

output "image_definition_id" {
  description = "Resource id of the definition: its newest version."
  value       = azurerm_shared_image.image.id
}
