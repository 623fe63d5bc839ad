# Written by thruway 0.1.0 for profile builtin. Edits are lost. See PROVENANCE.txt.

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
  description = "Written by thruway 0.1.0 for profile builtin. Edits are lost. See PROVENANCE.txt."
  protocol    = { tcp = { destination_port = "443" } }
}

resource "panos_service" "tcp_80" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-tcp-80"
  description = "Written by thruway 0.1.0 for profile builtin. Edits are lost. See PROVENANCE.txt."
  protocol    = { tcp = { destination_port = "80" } }
}

resource "panos_custom_url_category" "allow_tcp_80" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-allow-tcp-80"
  description = "Written by thruway 0.1.0 for profile builtin. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "*.download.windowsupdate.com/",
    "crl.microsoft.com/",
    "ctldl.windowsupdate.com/",
    "go.microsoft.com/",
    "www.microsoft.com/pki/",
    "www.microsoft.com/pkiops/",
  ]
}

resource "panos_custom_url_category" "allow_tcp_443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-allow-tcp-443"
  description = "Written by thruway 0.1.0 for profile builtin. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "*.blob.core.windows.net/",
    "*.checkappexec.microsoft.com/",
    "*.delivery.mp.microsoft.com/",
    "*.dm.microsoft.com/",
    "*.download.microsoft.com/",
    "*.ecs.office.com/",
    "*.events.data.microsoft.com/",
    "*.ods.opinsights.azure.com/",
    "*.oms.opinsights.azure.com/",
    "*.security.microsoft.com/",
    "*.smartscreen-prod.microsoft.com/",
    "*.smartscreen.microsoft.com/",
    "*.update.microsoft.com/",
    "*.urs.microsoft.com/",
    "*.wd.microsoft.com/",
    "*.wdcp.microsoft.com/",
    "*.wdcpalt.microsoft.com/",
    "*.windowsupdate.com/",
    "*.wns.windows.com/",
    "au.vortex-win.data.microsoft.com/",
    "definitionupdates.microsoft.com/",
    "ecs.office.com/",
    "enterpriseregistration.windows.net/",
    "eu.vortex-win.data.microsoft.com/",
    "events.data.microsoft.com/",
    "go.microsoft.com/",
    "login.live.com/",
    "login.microsoftonline.com/",
    "login.windows.net/",
    "packages.microsoft.com/",
    "reflector.defender.microsoft.com/",
    "settings-win.data.microsoft.com/",
    "uk.vortex-win.data.microsoft.com/",
    "us.vortex-win.data.microsoft.com/",
    "vortex-win.data.microsoft.com/",
    "winatp-gw-aec0a.microsoft.com/",
    "winatp-gw-aen0a.microsoft.com/",
    "winatp-gw-aue.microsoft.com/",
    "winatp-gw-aus.microsoft.com/",
    "winatp-gw-cus.microsoft.com/",
    "winatp-gw-cus3.microsoft.com/",
    "winatp-gw-eus.microsoft.com/",
    "winatp-gw-eus3.microsoft.com/",
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
  description = "Written by thruway 0.1.0 for profile builtin. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "*.checkappexec.microsoft.com/",
    "*.delivery.mp.microsoft.com/",
    "*.dm.microsoft.com/",
    "*.download.microsoft.com/",
    "*.ecs.office.com/",
    "*.events.data.microsoft.com/",
    "*.ods.opinsights.azure.com/",
    "*.oms.opinsights.azure.com/",
    "*.security.microsoft.com/",
    "*.smartscreen-prod.microsoft.com/",
    "*.smartscreen.microsoft.com/",
    "*.update.microsoft.com/",
    "*.urs.microsoft.com/",
    "*.wd.microsoft.com/",
    "*.wdcp.microsoft.com/",
    "*.wdcpalt.microsoft.com/",
    "*.windowsupdate.com/",
    "*.wns.windows.com/",
    "au.vortex-win.data.microsoft.com/",
    "automatedirstrprdaec0a.blob.core.windows.net/",
    "automatedirstrprdaen0a.blob.core.windows.net/",
    "automatedirstrprdaue.blob.core.windows.net/",
    "automatedirstrprdaus.blob.core.windows.net/",
    "automatedirstrprdcus.blob.core.windows.net/",
    "automatedirstrprdcus3.blob.core.windows.net/",
    "automatedirstrprdeus.blob.core.windows.net/",
    "automatedirstrprdeus3.blob.core.windows.net/",
    "automatedirstrprdneu.blob.core.windows.net/",
    "automatedirstrprdneu3.blob.core.windows.net/",
    "automatedirstrprduks.blob.core.windows.net/",
    "automatedirstrprdukw.blob.core.windows.net/",
    "automatedirstrprdweu.blob.core.windows.net/",
    "automatedirstrprdweu3.blob.core.windows.net/",
    "definitionupdates.microsoft.com/",
    "ecs.office.com/",
    "enterpriseregistration.windows.net/",
    "eu.vortex-win.data.microsoft.com/",
    "events.data.microsoft.com/",
    "go.microsoft.com/",
    "login.live.com/",
    "login.microsoftonline.com/",
    "login.windows.net/",
    "packages.microsoft.com/",
    "reflector.defender.microsoft.com/",
    "settings-win.data.microsoft.com/",
    "uk.vortex-win.data.microsoft.com/",
    "us.vortex-win.data.microsoft.com/",
    "ussau1eastprod.blob.core.windows.net/",
    "ussau1southeastprod.blob.core.windows.net/",
    "usseu1northprod.blob.core.windows.net/",
    "usseu1westprod.blob.core.windows.net/",
    "ussuk1southprod.blob.core.windows.net/",
    "ussuk1westprod.blob.core.windows.net/",
    "ussus1eastprod.blob.core.windows.net/",
    "ussus1westprod.blob.core.windows.net/",
    "ussus2eastprod.blob.core.windows.net/",
    "ussus2westprod.blob.core.windows.net/",
    "ussus3eastprod.blob.core.windows.net/",
    "ussus3westprod.blob.core.windows.net/",
    "ussus4eastprod.blob.core.windows.net/",
    "ussus4westprod.blob.core.windows.net/",
    "vortex-win.data.microsoft.com/",
    "winatp-gw-aec0a.microsoft.com/",
    "winatp-gw-aen0a.microsoft.com/",
    "winatp-gw-aue.microsoft.com/",
    "winatp-gw-aus.microsoft.com/",
    "winatp-gw-cus.microsoft.com/",
    "winatp-gw-cus3.microsoft.com/",
    "winatp-gw-eus.microsoft.com/",
    "winatp-gw-eus3.microsoft.com/",
    "winatp-gw-neu.microsoft.com/",
    "winatp-gw-neu3.microsoft.com/",
    "winatp-gw-uks.microsoft.com/",
    "winatp-gw-ukw.microsoft.com/",
    "winatp-gw-weu.microsoft.com/",
    "winatp-gw-weu3.microsoft.com/",
    "wseu1northprod.blob.core.windows.net/",
    "wseu1westprod.blob.core.windows.net/",
    "wsuk1southprod.blob.core.windows.net/",
    "wsuk1westprod.blob.core.windows.net/",
    "wsus1eastprod.blob.core.windows.net/",
    "wsus1westprod.blob.core.windows.net/",
    "wsus2eastprod.blob.core.windows.net/",
    "wsus2westprod.blob.core.windows.net/",
    "www.microsoft.com/",
  ]
}

resource "panos_custom_url_category" "noauth_tcp_80" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-noauth-tcp-80"
  description = "Written by thruway 0.1.0 for profile builtin. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "*.download.windowsupdate.com/",
    "crl.microsoft.com/",
    "ctldl.windowsupdate.com/",
    "go.microsoft.com/",
    "www.microsoft.com/pki/",
    "www.microsoft.com/pkiops/",
  ]
}

resource "panos_custom_url_category" "noauth_tcp_443" {
  location    = { vsys = { name = "vsys1" } }
  name        = "thruway-noauth-tcp-443"
  description = "Written by thruway 0.1.0 for profile builtin. Edits are lost. See PROVENANCE.txt."
  type        = "URL List"
  list = [
    "*.blob.core.windows.net/",
    "*.checkappexec.microsoft.com/",
    "*.delivery.mp.microsoft.com/",
    "*.dm.microsoft.com/",
    "*.download.microsoft.com/",
    "*.ecs.office.com/",
    "*.events.data.microsoft.com/",
    "*.ods.opinsights.azure.com/",
    "*.oms.opinsights.azure.com/",
    "*.security.microsoft.com/",
    "*.smartscreen-prod.microsoft.com/",
    "*.smartscreen.microsoft.com/",
    "*.update.microsoft.com/",
    "*.urs.microsoft.com/",
    "*.wd.microsoft.com/",
    "*.wdcp.microsoft.com/",
    "*.wdcpalt.microsoft.com/",
    "*.windowsupdate.com/",
    "*.wns.windows.com/",
    "au.vortex-win.data.microsoft.com/",
    "definitionupdates.microsoft.com/",
    "ecs.office.com/",
    "enterpriseregistration.windows.net/",
    "eu.vortex-win.data.microsoft.com/",
    "events.data.microsoft.com/",
    "go.microsoft.com/",
    "login.live.com/",
    "login.microsoftonline.com/",
    "login.windows.net/",
    "packages.microsoft.com/",
    "reflector.defender.microsoft.com/",
    "settings-win.data.microsoft.com/",
    "uk.vortex-win.data.microsoft.com/",
    "us.vortex-win.data.microsoft.com/",
    "vortex-win.data.microsoft.com/",
    "winatp-gw-aec0a.microsoft.com/",
    "winatp-gw-aen0a.microsoft.com/",
    "winatp-gw-aue.microsoft.com/",
    "winatp-gw-aus.microsoft.com/",
    "winatp-gw-cus.microsoft.com/",
    "winatp-gw-cus3.microsoft.com/",
    "winatp-gw-eus.microsoft.com/",
    "winatp-gw-eus3.microsoft.com/",
    "winatp-gw-neu.microsoft.com/",
    "winatp-gw-neu3.microsoft.com/",
    "winatp-gw-uks.microsoft.com/",
    "winatp-gw-ukw.microsoft.com/",
    "winatp-gw-weu.microsoft.com/",
    "winatp-gw-weu3.microsoft.com/",
    "www.microsoft.com/",
  ]
}
