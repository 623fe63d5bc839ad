#Requires -Version 5.1
{% for line in header %}# {{ line }}
{% endfor %}#
# Compares the proxy of WinHTTP with what was asked for. Exit 1 if it differs. What `show advproxy` prints is taken from
# an example in its documentation: an object of JSON.

[CmdletBinding()]
param()
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Wanted = @{ Proxy = '{{ winhttp.proxy }}'; ProxyBypass = '{{ winhttp.bypass }}' }

$text = (netsh winhttp show advproxy) -join ' '
$start = $text.IndexOf('{')
$end = $text.LastIndexOf('}')
if (($start -lt 0) -or ($end -lt $start)) {
    throw "netsh shows no object of JSON: $text"
}
$shown = ConvertFrom-Json -InputObject $text.Substring($start, $end - $start + 1)
$differences = 0
foreach ($name in @('Proxy', 'ProxyBypass')) {
    $property = $shown.PSObject.Properties[$name]
    $found = ''
    if ($null -ne $property) {
        $found = [string] $property.Value
    }
    if ($found -ceq $Wanted[$name]) {
        Write-Output "ok      $name = $found"
    } else {
        Write-Output "DIFFERS $name = '$found', not '$($Wanted[$name])'"
        $differences += 1
    }
}
if ($differences -gt 0) {
    exit 1
}

