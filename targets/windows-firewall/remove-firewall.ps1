#Requires -Version 5.1
#Requires -RunAsAdministrator
{% for line in header %}# {{ line }}
{% endfor %}#
# Removes what thruway-firewall.ps1 made, and nothing else: the rules of its group, the keywords that these rules
# refer to, and the keywords below. -WhatIf shows what would be done.

[CmdletBinding(SupportsShouldProcess = $true)]
param()
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$Group = '{{ group }}'

$Keywords = @(
{%- for keyword in keywords %}
    '{{ keyword.id }}'{% if !loop.last %},{% endif %} # {{ keyword.text }}
{%- endfor %}
)

if (-not $PSCmdlet.ShouldProcess($Group, 'Remove the rules and keywords of this group')) {
    return
}

$ownRules = @(Get-NetFirewallRule -Group $Group -ErrorAction SilentlyContinue)
$ids = @($ownRules | Select-Object -ExpandProperty 'RemoteDynamicKeywordAddresses' -ErrorAction SilentlyContinue | Where-Object { $_ }) + $Keywords
foreach ($rule in $ownRules) {
    Remove-NetFirewallRule -Name $rule.Name
}
foreach ($id in @($ids | Sort-Object -Unique)) {
    if (Get-NetFirewallDynamicKeywordAddress -Id $id -ErrorAction SilentlyContinue) {
        Remove-NetFirewallDynamicKeywordAddress -Id $id
    }
}

