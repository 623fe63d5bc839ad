# Written by thruway 0.1.0 for profile streamlined. Edits are lost. See PROVENANCE.txt.

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
  description = "Written by thruway 0.1.0 for profile streamlined. Edits are lost. See PROVENANCE.txt."
  protocol    = { tcp = { destination_port = "443" } }
}

resource "panos_service" "tcp_80" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-tcp-80"
  description = "Written by thruway 0.1.0 for profile streamlined. Edits are lost. See PROVENANCE.txt."
  protocol    = { tcp = { destination_port = "80" } }
}

resource "panos_custom_url_category" "allow_tcp_80" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-allow-tcp-80"
  description = "Written by thruway 0.1.0 for profile streamlined. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "crl.microsoft.com/",
    "ctldl.windowsupdate.com/",
    "www.microsoft.com/pki/",
    "www.microsoft.com/pkiops/",
  ]
}

resource "panos_custom_url_category" "allow_tcp_443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-allow-tcp-443"
  description = "Written by thruway 0.1.0 for profile streamlined. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "*.blob.core.windows.net/",
    "*.checkappexec.microsoft.com/",
    "*.delivery.mp.microsoft.com/",
    "*.dm.microsoft.com/",
    "*.download.microsoft.com/",
    "*.microsoftonline-p.com/",
    "*.security.microsoft.com/",
    "*.securitycenter.windows.com/",
    "*.smartscreen-prod.microsoft.com/",
    "*.smartscreen.microsoft.com/",
    "*.update.microsoft.com/",
    "*.urs.microsoft.com/",
    "*.wd.microsoft.com/",
    "*.wdcp.microsoft.com/",
    "*.windowsupdate.com/",
    "*.wns.windows.com/",
    "11111111-2222-3333-4444-555555555555.agentsvc.azure-automation.net/",
    "11111111-2222-3333-4444-555555555555.ods.opinsights.azure.com/",
    "11111111-2222-3333-4444-555555555555.oms.opinsights.azure.com/",
    "definitionupdates.microsoft.com/",
    "eu-v20.events.data.microsoft.com/",
    "go.microsoft.com/",
    "login.live.com/",
    "login.microsoftonline.com/",
    "login.windows.net/",
    "packages.microsoft.com/",
    "security.microsoft.com/",
    "static2.sharepointonline.com/",
    "uk-v20.events.data.microsoft.com/",
    "winatp-gw-neu.microsoft.com/",
    "winatp-gw-neu3.microsoft.com/",
    "winatp-gw-uks.microsoft.com/",
    "winatp-gw-ukw.microsoft.com/",
    "winatp-gw-weu.microsoft.com/",
    "winatp-gw-weu3.microsoft.com/",
    "www.microsoft.com/",
  ]
}

resource "panos_custom_url_category" "nodecrypt_tcp_443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-nodecrypt-tcp-443"
  description = "Written by thruway 0.1.0 for profile streamlined. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "*.blob.core.windows.net/",
    "*.checkappexec.microsoft.com/",
    "*.delivery.mp.microsoft.com/",
    "*.dm.microsoft.com/",
    "*.download.microsoft.com/",
    "*.microsoftonline-p.com/",
    "*.security.microsoft.com/",
    "*.securitycenter.windows.com/",
    "*.smartscreen-prod.microsoft.com/",
    "*.smartscreen.microsoft.com/",
    "*.update.microsoft.com/",
    "*.urs.microsoft.com/",
    "*.wd.microsoft.com/",
    "*.wdcp.microsoft.com/",
    "*.windowsupdate.com/",
    "*.wns.windows.com/",
    "11111111-2222-3333-4444-555555555555.agentsvc.azure-automation.net/",
    "11111111-2222-3333-4444-555555555555.ods.opinsights.azure.com/",
    "11111111-2222-3333-4444-555555555555.oms.opinsights.azure.com/",
    "definitionupdates.microsoft.com/",
    "eu-v20.events.data.microsoft.com/",
    "go.microsoft.com/",
    "login.live.com/",
    "login.microsoftonline.com/",
    "login.windows.net/",
    "packages.microsoft.com/",
    "security.microsoft.com/",
    "static2.sharepointonline.com/",
    "uk-v20.events.data.microsoft.com/",
    "winatp-gw-neu.microsoft.com/",
    "winatp-gw-neu3.microsoft.com/",
    "winatp-gw-uks.microsoft.com/",
    "winatp-gw-ukw.microsoft.com/",
    "winatp-gw-weu.microsoft.com/",
    "winatp-gw-weu3.microsoft.com/",
    "www.microsoft.com/",
  ]
}

resource "panos_custom_url_category" "noauth_tcp_80" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-noauth-tcp-80"
  description = "Written by thruway 0.1.0 for profile streamlined. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "crl.microsoft.com/",
    "ctldl.windowsupdate.com/",
    "www.microsoft.com/pki/",
    "www.microsoft.com/pkiops/",
  ]
}

resource "panos_custom_url_category" "noauth_tcp_443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-noauth-tcp-443"
  description = "Written by thruway 0.1.0 for profile streamlined. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "*.blob.core.windows.net/",
    "*.checkappexec.microsoft.com/",
    "*.delivery.mp.microsoft.com/",
    "*.dm.microsoft.com/",
    "*.download.microsoft.com/",
    "*.microsoftonline-p.com/",
    "*.security.microsoft.com/",
    "*.securitycenter.windows.com/",
    "*.smartscreen-prod.microsoft.com/",
    "*.smartscreen.microsoft.com/",
    "*.update.microsoft.com/",
    "*.urs.microsoft.com/",
    "*.wd.microsoft.com/",
    "*.wdcp.microsoft.com/",
    "*.windowsupdate.com/",
    "*.wns.windows.com/",
    "11111111-2222-3333-4444-555555555555.agentsvc.azure-automation.net/",
    "11111111-2222-3333-4444-555555555555.ods.opinsights.azure.com/",
    "11111111-2222-3333-4444-555555555555.oms.opinsights.azure.com/",
    "definitionupdates.microsoft.com/",
    "eu-v20.events.data.microsoft.com/",
    "go.microsoft.com/",
    "login.live.com/",
    "login.microsoftonline.com/",
    "login.windows.net/",
    "packages.microsoft.com/",
    "security.microsoft.com/",
    "static2.sharepointonline.com/",
    "uk-v20.events.data.microsoft.com/",
    "winatp-gw-neu.microsoft.com/",
    "winatp-gw-neu3.microsoft.com/",
    "winatp-gw-uks.microsoft.com/",
    "winatp-gw-ukw.microsoft.com/",
    "winatp-gw-weu.microsoft.com/",
    "winatp-gw-weu3.microsoft.com/",
    "www.microsoft.com/",
  ]
}
