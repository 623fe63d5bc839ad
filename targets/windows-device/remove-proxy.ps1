#Requires -Version 5.1
#Requires -RunAsAdministrator
{% for line in script.header %}# {{ line }}
{% endfor %}#
# Takes back what thruway-proxy.ps1 set, where it still holds. What somebody else has set since is left, with what
# belongs to it: the other values of its key, the other preferences of the antivirus. Exit 1 if something is left. What
# was there before is not restored. -WhatIf shows what would be done.

[CmdletBinding(SupportsShouldProcess = $true)]
param()
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

{% include "windows-device/values.ps1" %}

$left = 0
# Says so if something is set, and is not what was asked for.
function Test-Other([string] $What, [string] $Wanted, [string] $Found) {
    $isOther = ($Found -cne '') -and ($Found -cne $Wanted)
    if ($isOther) {
        Write-Warning "left    $What = '$Found', which is not '$Wanted'"
        $script:left += 1
    }
    $isOther
}

$kept = @()
$ours = @()
foreach ($value in $Values) {
    $item = Get-Item -LiteralPath $value.Key -ErrorAction SilentlyContinue
    if (($null -ne $item) -and (@($item.GetValueNames()) -contains $value.Name)) {
        $found = "$($item.GetValueKind($value.Name)) $($item.GetValue($value.Name))"
        if (Test-Other "$($value.Key)\$($value.Name)" "$($value.Type) $($value.Data)" $found) {
            $kept += $value.Key
        } else {
            $ours += $value
        }
    }
}
foreach ($value in $ours) {
    if ($kept -contains $value.Key) {
        Write-Warning "left    $($value.Key)\$($value.Name): another value of its key is not ours"
        $left += 1
    } elseif ($PSCmdlet.ShouldProcess("$($value.Key)\$($value.Name)", 'Remove the value')) {
        Remove-ItemProperty -LiteralPath $value.Key -Name $value.Name -ErrorAction Stop
    }
}
{%- if !script.antivirus.is_empty() %}
$preference = Get-MpPreference
$others = @(
{%- if let Some(server) = script.antivirus.server %}
    Test-Other 'ProxyServer' '{{ server }}' $preference.ProxyServer
{%- endif %}
{%- if let Some(pac) = script.antivirus.pac %}
    Test-Other 'ProxyPacUrl' '{{ pac }}' $preference.ProxyPacUrl
{%- endif %}
{%- if !script.antivirus.bypass.is_empty() %}
    Test-Other 'ProxyBypass' '{% for entry in script.antivirus.bypass %}{{ entry.as_str() }}{% if !loop.last %};{% endif %}{% endfor %}' (@($preference.ProxyBypass) -join ';')
{%- endif %}
)
if ($others -contains $true) {
    Write-Warning 'left    the preferences of the antivirus as they are'
} elseif ($PSCmdlet.ShouldProcess('Microsoft Defender Antivirus', 'Remove its proxy')) {
    Remove-MpPreference
{%- if script.antivirus.server.is_some() %} -ProxyServer{% endif %}
{%- if script.antivirus.pac.is_some() %} -ProxyPacUrl{% endif %}
{%- if !script.antivirus.bypass.is_empty() %} -ProxyBypass{% endif %} -ErrorAction Stop
}
{%- endif %}
if ($left -gt 0) {
    exit 1
}

