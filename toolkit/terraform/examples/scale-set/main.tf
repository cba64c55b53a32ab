# SPDX-License-Identifier: MIT
# A scale set of machines that start from the image. Beside this file:
#   imagewright export terraform out/node-x86_64.manifest.json --directory out > imagewright.auto.tfvars.json

terraform {
  required_version = ">= 1.5"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.55, < 5.0"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "image_name" { type = string }
variable "image_file" { type = string }
variable "image_sha256" { type = string }
variable "image_version" { type = string }
variable "architecture" { type = string }
variable "hyper_v_generation" { type = string }

variable "location" {
  type    = string
  default = "westeurope"
}

variable "ssh_public_key" {
  description = "Who may log in."
  type        = string
}

resource "azurerm_resource_group" "nodes" {
  name     = "imagewright-nodes"
  location = var.location
}

resource "azurerm_storage_account" "images" {
  name                     = "imagewrightimages"
  resource_group_name      = azurerm_resource_group.nodes.name
  location                 = azurerm_resource_group.nodes.location
  account_tier             = "Standard"
  account_replication_type = "LRS"
}

resource "azurerm_storage_container" "images" {
  name                  = "images"
  storage_account_id    = azurerm_storage_account.images.id
  container_access_type = "private"
}

resource "azurerm_shared_image_gallery" "images" {
  name                = "imagewright"
  resource_group_name = azurerm_resource_group.nodes.name
  location            = azurerm_resource_group.nodes.location
}

module "image" {
  source = "../../azure-image"

  image_name         = var.image_name
  image_file         = var.image_file
  image_sha256       = var.image_sha256
  image_version      = var.image_version
  architecture       = var.architecture
  hyper_v_generation = var.hyper_v_generation

  resource_group_name    = azurerm_resource_group.nodes.name
  location               = azurerm_resource_group.nodes.location
  storage_account_name   = azurerm_storage_account.images.name
  storage_account_id     = azurerm_storage_account.images.id
  storage_container_name = azurerm_storage_container.images.name
  gallery_name           = azurerm_shared_image_gallery.images.name

  identifier = {
    publisher = "example"
    offer     = var.image_name
    sku       = replace(var.architecture, "_", "-")
  }
}

resource "azurerm_virtual_network" "nodes" {
  name                = "nodes"
  resource_group_name = azurerm_resource_group.nodes.name
  location            = azurerm_resource_group.nodes.location
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = azurerm_resource_group.nodes.name
  virtual_network_name = azurerm_virtual_network.nodes.name
  address_prefixes     = ["10.0.1.0/24"]
}

resource "azurerm_linux_virtual_machine_scale_set" "nodes" {
  name                = "nodes"
  resource_group_name = azurerm_resource_group.nodes.name
  location            = azurerm_resource_group.nodes.location
  sku                 = var.architecture == "aarch64" ? "Standard_D2ps_v5" : "Standard_D2s_v5"
  instances           = 2
  admin_username      = "operator"
  source_image_id     = module.image.image_version_id

  admin_ssh_key {
    username   = "operator"
    public_key = var.ssh_public_key
  }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Standard_LRS"
  }

  network_interface {
    name    = "nodes"
    primary = true

    ip_configuration {
      name      = "internal"
      primary   = true
      subnet_id = azurerm_subnet.nodes.id
    }
  }
}
