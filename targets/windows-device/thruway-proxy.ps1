#Requires -Version 5.1
#Requires -RunAsAdministrator
{% for line in script.header %}# {{ line }}
{% endfor %}#
# Sets the proxies of Defender for Endpoint on this device: values of the sensor in the registry, and preferences of the
# antivirus. A policy goes before a preference, so where Group Policy or Intune sets the antivirus's proxy, set it there.
# remove-proxy.ps1 takes it back, check-proxy.ps1 says what holds. -WhatIf shows what would be done.

[CmdletBinding(SupportsShouldProcess = $true)]
param()
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

{% include "windows-device/values.ps1" %}

foreach ($value in $Values) {
    if ($PSCmdlet.ShouldProcess("$($value.Key)\$($value.Name)", 'Set the value')) {
        # Of a key that is there, -Force would remove every value.
        if (-not (Test-Path -LiteralPath $value.Key)) {
            New-Item -Path $value.Key -Force -ErrorAction Stop | Out-Null
        }
        New-ItemProperty -LiteralPath $value.Key -Name $value.Name -PropertyType $value.Type -Value $value.Data -Force -ErrorAction Stop | Out-Null
    }
}
{%- if !script.antivirus.is_empty() %}
if ($PSCmdlet.ShouldProcess('Microsoft Defender Antivirus', 'Set its proxy')) {
    Set-MpPreference
{%- if let Some(server) = script.antivirus.server %} -ProxyServer '{{ server }}'{% endif %}
{%- if let Some(pac) = script.antivirus.pac %} -ProxyPacUrl '{{ pac }}'{% endif %}
{%- if !script.antivirus.bypass.is_empty() %} -ProxyBypass {% for entry in script.antivirus.bypass %}'{{ entry.as_str() }}'{% if !loop.last %}, {% endif %}{% endfor %}{% endif %} -ErrorAction Stop
}
{%- endif %}

