#Requires -Version 5.1
#Requires -RunAsAdministrator
{% for line in header %}# {{ line }}
{% endfor %}#
# Removes what thruway-firewall.ps1 made for this profile, by this run or an earlier one, and nothing else: the rules of
# its group, and the keywords with its own identifiers. -WhatIf shows what would be done.

[CmdletBinding(SupportsShouldProcess = $true)]
param()
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$ProfileName = '{{ profile }}'
$Group = '{{ group }}'

{% include "windows-firewall/own-id.ps1" %}

foreach ($rule in @(Get-NetFirewallRule -Group $Group -ErrorAction SilentlyContinue)) {
    if ($PSCmdlet.ShouldProcess($rule.Name, 'Remove the rule')) {
        Remove-NetFirewallRule -Name $rule.Name -ErrorAction Stop
    }
}
if (Get-Command -Name 'Get-NetFirewallDynamicKeywordAddress' -ErrorAction SilentlyContinue) {
    foreach ($keyword in @(Get-NetFirewallDynamicKeywordAddress -All -ErrorAction SilentlyContinue | Where-Object { Test-Own $_ })) {
        if ($PSCmdlet.ShouldProcess($keyword.Keyword, 'Remove the keyword')) {
            Remove-NetFirewallDynamicKeywordAddress -Id $keyword.Id -ErrorAction Stop
        }
    }
}

