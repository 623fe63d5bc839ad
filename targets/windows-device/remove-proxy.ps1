#Requires -Version 5.1
#Requires -RunAsAdministrator
{% for line in script.header %}# {{ line }}
{% endfor %}#
# Takes back what thruway-proxy.ps1 set. What was there before is not restored. -WhatIf shows what would be done.

[CmdletBinding(SupportsShouldProcess = $true)]
param()
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

{% include "windows-device/values.ps1" %}

foreach ($value in $Values) {
    $item = Get-Item -LiteralPath $value.Key -ErrorAction SilentlyContinue
    if (($null -ne $item) -and (@($item.GetValueNames()) -contains $value.Name) -and $PSCmdlet.ShouldProcess("$($value.Key)\$($value.Name)", 'Remove the value')) {
        Remove-ItemProperty -LiteralPath $value.Key -Name $value.Name -ErrorAction Stop
    }
}
{%- if !script.antivirus.is_empty() %}
if ($PSCmdlet.ShouldProcess('Microsoft Defender Antivirus', 'Remove its proxy')) {
    Remove-MpPreference
{%- if script.antivirus.server.is_some() %} -ProxyServer{% endif %}
{%- if script.antivirus.pac.is_some() %} -ProxyPacUrl{% endif %}
{%- if !script.antivirus.bypass.is_empty() %} -ProxyBypass{% endif %} -ErrorAction Stop
}
{%- endif %}

