# Written by thruway 0.1.0 for profile government. Edits are lost. See PROVENANCE.txt.

terraform {
  required_providers {
    panos = {
      source  = "PaloAltoNetworks/panos"
      version = ">= 2.0.11, < 3.0.0"
    }
  }
}

resource "panos_service" "tcp_443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-tcp-443"
  description = "Written by thruway 0.1.0 for profile government. Edits are lost. See PROVENANCE.txt."
  protocol    = { tcp = { destination_port = "443" } }
}

resource "panos_service" "tcp_80" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-tcp-80"
  description = "Written by thruway 0.1.0 for profile government. Edits are lost. See PROVENANCE.txt."
  protocol    = { tcp = { destination_port = "80" } }
}

# The provider has no external dynamic list of one virtual system.
resource "panos_external_dynamic_list" "allow_tcp_80" {
  location = { shared = {} }
  name     = "thruway-allow-tcp-80"
  type = {
    url = {
      description = "Written by thruway 0.1.0 for profile government. Edits are lost. See PROVENANCE.txt."
      url         = "https://edl.contoso.com/mde/allow.tcp-80.url.txt"
      recurring   = { hourly = {} }
    }
  }
}

# The provider has no external dynamic list of one virtual system.
resource "panos_external_dynamic_list" "allow_tcp_443" {
  location = { shared = {} }
  name     = "thruway-allow-tcp-443"
  type = {
    url = {
      description = "Written by thruway 0.1.0 for profile government. Edits are lost. See PROVENANCE.txt."
      url         = "https://edl.contoso.com/mde/allow.tcp-443.url.txt"
      recurring   = { hourly = {} }
    }
  }
}

# The provider has no external dynamic list of one virtual system.
resource "panos_external_dynamic_list" "nodecrypt_tcp_443" {
  location = { shared = {} }
  name     = "thruway-nodecrypt-tcp-443"
  type = {
    url = {
      description = "Written by thruway 0.1.0 for profile government. Edits are lost. See PROVENANCE.txt."
      url         = "https://edl.contoso.com/mde/bypass-inspection.tcp-443.url.txt"
      recurring   = { hourly = {} }
    }
  }
}

# The provider has no external dynamic list of one virtual system.
resource "panos_external_dynamic_list" "noauth_tcp_80" {
  location = { shared = {} }
  name     = "thruway-noauth-tcp-80"
  type = {
    url = {
      description = "Written by thruway 0.1.0 for profile government. Edits are lost. See PROVENANCE.txt."
      url         = "https://edl.contoso.com/mde/bypass-authentication.tcp-80.url.txt"
      recurring   = { hourly = {} }
    }
  }
}

# The provider has no external dynamic list of one virtual system.
resource "panos_external_dynamic_list" "noauth_tcp_443" {
  location = { shared = {} }
  name     = "thruway-noauth-tcp-443"
  type = {
    url = {
      description = "Written by thruway 0.1.0 for profile government. Edits are lost. See PROVENANCE.txt."
      url         = "https://edl.contoso.com/mde/bypass-authentication.tcp-443.url.txt"
      recurring   = { hourly = {} }
    }
  }
}
