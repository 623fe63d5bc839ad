#Requires -Version 5.1
{% for line in script.header %}# {{ line }}
{% endfor %}#
# Compares what holds on this device with what was asked for, whichever way it came there. Exit 1 if it differs.

[CmdletBinding()]
param()
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

{% include "windows-device/values.ps1" %}

$differences = 0
function Compare-Setting([string] $What, [string] $Wanted, [string] $Found) {
    if ($Wanted -ceq $Found) {
        Write-Output "ok      $What = $Wanted"
    } else {
        Write-Output "DIFFERS $What = '$Found', not '$Wanted'"
        $script:differences += 1
    }
}

foreach ($value in $Values) {
    $found = ''
    $item = Get-Item -LiteralPath $value.Key -ErrorAction SilentlyContinue
    if (($null -ne $item) -and (@($item.GetValueNames()) -contains $value.Name)) {
        $found = "$($item.GetValueKind($value.Name)) $($item.GetValue($value.Name))"
    }
    Compare-Setting "$($value.Key)\$($value.Name)" "$($value.Type) $($value.Data)" $found
}
{%- if !script.antivirus.is_empty() %}
$preference = Get-MpPreference
{%- endif %}
{%- if let Some(server) = script.antivirus.server %}
Compare-Setting 'ProxyServer' '{{ server }}' $preference.ProxyServer
{%- endif %}
{%- if let Some(pac) = script.antivirus.pac %}
Compare-Setting 'ProxyPacUrl' '{{ pac }}' $preference.ProxyPacUrl
{%- endif %}
{%- if !script.antivirus.bypass.is_empty() %}
Compare-Setting 'ProxyBypass' '{% for entry in script.antivirus.bypass %}{{ entry.as_str() }}{% if !loop.last %};{% endif %}{% endfor %}' (@($preference.ProxyBypass) -join ';')
{%- endif %}
if ($differences -gt 0) {
    exit 1
}

