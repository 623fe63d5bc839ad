# Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt.

terraform {
  required_providers {
    panos = {
      source  = "PaloAltoNetworks/panos"
      version = ">= 2.0.11, < 3.0.0"
    }
  }
}

# Where the security rules go. The first rule that matches decides: at the end of the policy, the
# default, they come after every rule that is there today.
variable "security_position" {
  type = object({
    where    = string
    pivot    = optional(string)
    directly = optional(bool)
  })
  default = { where = "last" }
}

# Where the decryption rules go. The first rule that matches decides: at the end of the policy, the
# default, they come after every rule that is there today.
variable "decryption_position" {
  type = object({
    where    = string
    pivot    = optional(string)
    directly = optional(bool)
  })
  default = { where = "last" }
}

# Where the authentication rules go. The first rule that matches decides: at the end of the policy, the
# default, they come after every rule that is there today.
variable "authentication_position" {
  type = object({
    where    = string
    pivot    = optional(string)
    directly = optional(bool)
  })
  default = { where = "last" }
}

resource "panos_service" "tcp_443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-tcp-443"
  description = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
  protocol    = { tcp = { destination_port = "443" } }
}

resource "panos_service" "tcp_80" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-tcp-80"
  description = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
  protocol    = { tcp = { destination_port = "80" } }
}

resource "panos_service" "tcp_8443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-tcp-8443"
  description = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
  protocol    = { tcp = { destination_port = "8443" } }
}

resource "panos_custom_url_category" "allow_tcp_80" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-allow-tcp-80"
  description = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "crl.example.com/pki/",
  ]
}

resource "panos_custom_url_category" "allow_tcp_443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-allow-tcp-443"
  description = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "*.push.example.com/",
    "*.service.example.com/",
    "account.blob.core.windows.net/",
    "login.microsoftonline.com/",
    "relay.example.com/",
  ]
}

resource "panos_custom_url_category" "allow_tcp_8443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-allow-tcp-8443"
  description = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "agent.example.com/",
    "relay.example.com/",
  ]
}

resource "panos_custom_url_category" "nodecrypt_tcp_443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-nodecrypt-tcp-443"
  description = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "*.blob.core.windows.net/",
    "*.push.example.com/",
    "*.service.example.com/",
    "relay.example.com/",
  ]
}

resource "panos_custom_url_category" "nodecrypt_tcp_8443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-nodecrypt-tcp-8443"
  description = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "agent.example.com/",
    "relay.example.com/",
  ]
}

resource "panos_custom_url_category" "noauth_tcp_80" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-noauth-tcp-80"
  description = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "crl.example.com/pki/",
  ]
}

resource "panos_custom_url_category" "noauth_tcp_443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-noauth-tcp-443"
  description = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "*.blob.core.windows.net/",
    "*.push.example.com/",
    "*.service.example.com/",
    "relay.example.com/",
  ]
}

resource "panos_custom_url_category" "noauth_tcp_8443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-noauth-tcp-8443"
  description = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "agent.example.com/",
    "relay.example.com/",
  ]
}

resource "panos_security_policy_rules" "thruway" {
  location = { vsys = { name = "vsys1" } }
  position = var.security_position
  rules = [
    {
      name                  = "thruway-allow-tcp-80"
      description           = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
      source_zones          = ["trust"]
      destination_zones     = ["untrust"]
      source_addresses      = ["clients"]
      destination_addresses = ["any"]
      services              = [panos_service.tcp_80.name]
      category              = [panos_custom_url_category.allow_tcp_80.name]
      applications          = ["any"]
      action                = "allow"
    },
    {
      name                  = "thruway-allow-tcp-443"
      description           = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
      source_zones          = ["trust"]
      destination_zones     = ["untrust"]
      source_addresses      = ["clients"]
      destination_addresses = ["any"]
      services              = [panos_service.tcp_443.name]
      category              = [panos_custom_url_category.allow_tcp_443.name]
      applications          = ["any"]
      action                = "allow"
    },
    {
      name                  = "thruway-allow-tcp-8443"
      description           = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
      source_zones          = ["trust"]
      destination_zones     = ["untrust"]
      source_addresses      = ["clients"]
      destination_addresses = ["any"]
      services              = [panos_service.tcp_8443.name]
      category              = [panos_custom_url_category.allow_tcp_8443.name]
      applications          = ["any"]
      action                = "allow"
    },
  ]
}

resource "panos_decryption_policy_rules" "thruway" {
  location = { vsys = { name = "vsys1" } }
  position = var.decryption_position
  rules = [
    {
      name                  = "thruway-nodecrypt-tcp-443"
      description           = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
      source_zones          = ["trust"]
      destination_zones     = ["untrust"]
      source_addresses      = ["clients"]
      destination_addresses = ["any"]
      services              = [panos_service.tcp_443.name]
      category              = [panos_custom_url_category.nodecrypt_tcp_443.name]
      action                = "no-decrypt"
      type                  = { ssl_forward_proxy = {} }
    },
    {
      name                  = "thruway-nodecrypt-tcp-8443"
      description           = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
      source_zones          = ["trust"]
      destination_zones     = ["untrust"]
      source_addresses      = ["clients"]
      destination_addresses = ["any"]
      services              = [panos_service.tcp_8443.name]
      category              = [panos_custom_url_category.nodecrypt_tcp_8443.name]
      action                = "no-decrypt"
      type                  = { ssl_forward_proxy = {} }
    },
  ]
}

resource "panos_authentication_policy_rules" "thruway" {
  location = { vsys = { name = "vsys1" } }
  position = var.authentication_position
  rules = [
    {
      name                  = "thruway-noauth-tcp-80"
      description           = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
      source_zones          = ["trust"]
      destination_zones     = ["untrust"]
      source_addresses      = ["clients"]
      destination_addresses = ["any"]
      services              = [panos_service.tcp_80.name]
      category              = [panos_custom_url_category.noauth_tcp_80.name]
      authentication_enforcement = "default-no-captive-portal"
    },
    {
      name                  = "thruway-noauth-tcp-443"
      description           = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
      source_zones          = ["trust"]
      destination_zones     = ["untrust"]
      source_addresses      = ["clients"]
      destination_addresses = ["any"]
      services              = [panos_service.tcp_443.name]
      category              = [panos_custom_url_category.noauth_tcp_443.name]
      authentication_enforcement = "default-no-captive-portal"
    },
    {
      name                  = "thruway-noauth-tcp-8443"
      description           = "Written by thruway 0.1.0 for profile intents. Edits are lost. See PROVENANCE.txt."
      source_zones          = ["trust"]
      destination_zones     = ["untrust"]
      source_addresses      = ["clients"]
      destination_addresses = ["any"]
      services              = [panos_service.tcp_8443.name]
      category              = [panos_custom_url_category.noauth_tcp_8443.name]
      authentication_enforcement = "default-no-captive-portal"
    },
  ]
}
