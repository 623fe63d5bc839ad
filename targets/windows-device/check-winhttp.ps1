#Requires -Version 5.1
{% for line in header %}# {{ line }}
{% endfor %}#
# Compares the settings of WinHTTP with those of winhttp.json, all four, since a PAC file or one that is found by WPAD
# may go before the proxy. Exit 1 if something differs. What `show advproxy` prints is taken from an example in its
# documentation: an object of JSON, in which an empty setting is missing.

[CmdletBinding()]
param()
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Wanted = @{ Proxy = '{{ winhttp.proxy }}'; ProxyBypass = '{{ winhttp.bypass }}'; AutoconfigUrl = ''; AutoDetect = 'False' }
$Missing = @{ Proxy = ''; ProxyBypass = ''; AutoconfigUrl = ''; AutoDetect = 'False' }

$text = (netsh winhttp show advproxy) -join ' '
$start = $text.IndexOf('{')
$end = $text.LastIndexOf('}')
if (($start -lt 0) -or ($end -lt $start)) {
    throw "netsh shows no object of JSON: $text"
}
$shown = ConvertFrom-Json -InputObject $text.Substring($start, $end - $start + 1)
$differences = 0
foreach ($name in @('Proxy', 'ProxyBypass', 'AutoconfigUrl', 'AutoDetect')) {
    $property = $shown.PSObject.Properties[$name]
    $found = $Missing[$name]
    if (($null -ne $property) -and ($null -ne $property.Value)) {
        $found = ([string] $property.Value).Trim()
    }
    if ($found -ceq $Wanted[$name]) {
        Write-Output "ok      $name = $found"
    } else {
        Write-Output "DIFFERS $name = '$found', not '$($Wanted[$name])'"
        $differences += 1
    }
}
# It is in the example as well: a proxy that is kept and not used.
$property = $shown.PSObject.Properties['ProxyIsEnabled']
if (($null -ne $property) -and ([string] $property.Value -cne 'True')) {
    Write-Output "DIFFERS ProxyIsEnabled = '$($property.Value)', not 'True'"
    $differences += 1
}
if ($differences -gt 0) {
    exit 1
}

