# SPDX-License-Identifier: MIT
# A pool of nodes that run Azure Linux in AKS. AKS chooses its own images: it takes no VHD of a customer, so this
# example uses none of ours. It stands here because that is what people look for.

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

variable "location" {
  type    = string
  default = "westeurope"
}

resource "azurerm_resource_group" "cluster" {
  name     = "imagewright-aks"
  location = var.location
}

resource "azurerm_kubernetes_cluster" "cluster" {
  name                = "imagewright"
  resource_group_name = azurerm_resource_group.cluster.name
  location            = azurerm_resource_group.cluster.location
  dns_prefix          = "imagewright"

  default_node_pool {
    name       = "system"
    node_count = 1
    vm_size    = "Standard_D2s_v5"
    os_sku     = "AzureLinux"
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "workers" {
  name                  = "workers"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.cluster.id
  vm_size               = "Standard_D2ps_v5"
  node_count            = 2
  os_sku                = "AzureLinux"
}
