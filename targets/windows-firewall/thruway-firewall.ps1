#Requires -Version 5.1
#Requires -RunAsAdministrator
{% for line in header %}# {{ line }}
{% endfor %}#
# Lets {% if device %}this device through to its proxies{% else %}this device through to the allowlist itself{% endif %}. Run again it updates its own rules and keywords, and
# removes those that are no longer asked for. remove-firewall.ps1 takes everything back. -WhatIf shows what would be done.
#
# Rules for names follow what this device resolves. Documented not to work: traffic through a proxy, DNS over HTTPS and
# other resolvers than the system's, some VPNs, names in a cache. The first connection after a lookup may be too early,
# and all addresses are forgotten at a restart. Needs Microsoft Defender Antivirus with Network Protection on (block
# or audit). Only TCP, only outbound. Allow rules change nothing while the default for outbound traffic is Allow.

[CmdletBinding(SupportsShouldProcess = $true)]
param()
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$ProfileName = '{{ profile }}'
$Group = '{{ group }}'

{% include "windows-firewall/own-id.ps1" %}

$Keywords = @(
{%- for keyword in keywords %}
    @{ Id = '{{ keyword.id }}'; Keyword = '{{ keyword.text }}' }
{%- endfor %}
)

$Rules = @(
{%- for rule in rules %}
    @{
        Name = '{{ rule.name }}'
        DisplayName = '{{ rule.title }}'
{%- if !rule.ports.is_empty() %}
        RemotePort = @({% for port in rule.ports %}'{{ port }}'{% if !loop.last %}, {% endif %}{% endfor %})
{%- endif %}
{%- if !rule.networks.is_empty() %}
        RemoteAddress = @(
{%- for network in rule.networks %}
            '{{ network }}'{% if !loop.last %},{% endif %}
{%- endfor %}
        )
{%- endif %}
{%- if !rule.keywords.is_empty() %}
        RemoteDynamicKeywordAddresses = @(
{%- for keyword in rule.keywords %}
            '{{ keyword }}'{% if !loop.last %},{% endif %}
{%- endfor %}
        )
{%- endif %}
    }
{%- endfor %}
)

if ($Keywords.Count -gt 0) {
    if (-not (Get-Command -Name 'New-NetFirewallDynamicKeywordAddress' -ErrorAction SilentlyContinue)) {
        throw 'This Windows has no dynamic keywords. netsh.cmd, where there is one, has the rules for addresses.'
    }
    try {
        $version = [version](Get-MpComputerStatus).AMProductVersion
        if ($version -lt [version]'4.18.2209.7') {
            Write-Warning "Microsoft Defender Antivirus is $version; names need 4.18.2209.7 or later."
        }
        if (@(1, 2) -notcontains [int](Get-MpPreference).EnableNetworkProtection) {
            Write-Warning 'Network Protection is off; names are not resolved without it.'
        }
    } catch {
        Write-Warning "Microsoft Defender Antivirus does not answer; names are not resolved without it. $_"
    }
}
foreach ($firewallProfile in @(Get-NetFirewallProfile)) {
    if ("$($firewallProfile.DefaultOutboundAction)" -ne 'Block') {
        Write-Warning "The profile $($firewallProfile.Name) lets everything out by default; these rules change nothing there."
    }
}

# What is this profile's own: rules by their group, keywords by their identifiers.
$ownRules = @(Get-NetFirewallRule -Group $Group -ErrorAction SilentlyContinue)
$ownKeywords = @()
if (Get-Command -Name 'Get-NetFirewallDynamicKeywordAddress' -ErrorAction SilentlyContinue) {
    $ownKeywords = @(Get-NetFirewallDynamicKeywordAddress -All -ErrorAction SilentlyContinue | Where-Object { Test-Own $_ })
}

# Modules do not see this script's preference, so every change says itself that an error ends it: nothing is removed
# before everything new is there.
$knownIds = @($ownKeywords | ForEach-Object { ConvertTo-PlainId $_.Id })
foreach ($keyword in $Keywords) {
    if (($knownIds -notcontains (ConvertTo-PlainId $keyword.Id)) -and $PSCmdlet.ShouldProcess($keyword.Keyword, 'Create the keyword')) {
        New-NetFirewallDynamicKeywordAddress -Id $keyword.Id -Keyword $keyword.Keyword -AutoResolve $true -ErrorAction Stop | Out-Null
    }
}

# A rule is changed in place, so that nothing is cut off in between.
foreach ($rule in $Rules) {
    if (@($ownRules | Where-Object { $_.Name -eq $rule.Name }).Count -gt 0) {
        $change = $rule.Clone()
        $change.Remove('DisplayName')
        if ($PSCmdlet.ShouldProcess($rule.Name, 'Update the rule')) {
            Set-NetFirewallRule @change -Direction Outbound -Action Allow -Protocol TCP -Profile Any -Enabled True -ErrorAction Stop
        }
    } elseif ($PSCmdlet.ShouldProcess($rule.Name, 'Create the rule')) {
        New-NetFirewallRule @rule -Group $Group -Direction Outbound -Action Allow -Protocol TCP -Profile Any -Enabled True -ErrorAction Stop | Out-Null
    }
}

$names = @($Rules | ForEach-Object { $_.Name })
foreach ($rule in $ownRules) {
    if (($names -notcontains $rule.Name) -and $PSCmdlet.ShouldProcess($rule.Name, 'Remove the rule')) {
        Remove-NetFirewallRule -Name $rule.Name -ErrorAction Stop
    }
}
$ids = @($Keywords | ForEach-Object { ConvertTo-PlainId $_.Id })
foreach ($keyword in $ownKeywords) {
    if (($ids -notcontains (ConvertTo-PlainId $keyword.Id)) -and $PSCmdlet.ShouldProcess($keyword.Keyword, 'Remove the keyword')) {
        Remove-NetFirewallDynamicKeywordAddress -Id $keyword.Id -ErrorAction Stop
    }
}

