//! The profile that `init` writes.

use super::{BUILTIN_LISTS, Difference, VERSION};
use crate::diag::Code;
use crate::emit;
use crate::emit::facts::Facts;
use crate::model::Intent;
use crate::regions;

/// A profile of that name which means the same as the built-in one, with every key shown and
/// explained. What may be left out is commented out. `name` must be one that a profile may have.
pub fn template(name: &str) -> String {
    TEMPLATE
        .replace("{version}", VERSION)
        .replace("{name}", name)
        .replace("{builtin}", BUILTIN_LISTS[0])
        .replace("{other_lists}", &BUILTIN_LISTS[1..].join(", "))
        .replace("{regions}", &region_lines())
        .replace("{lints}", &wrapped(Code::ALL.iter().map(|code| code.as_str())))
        .replace("{tolerances}", &tolerance_lines())
        .replace("{targets}", &target_lines())
        .replace("{intents}", &wrapped(Intent::ALL.iter().map(|intent| intent.as_str())))
}

/// `#     EU       European Union`, a line for each region.
fn region_lines() -> String {
    let lines = regions::all().map(|(region, name)| format!("  #     {:<8} {name}", region.code()));
    lines.collect::<Vec<_>>().join("\n")
}

/// Each target with its options.
fn target_lines() -> String {
    let mut lines = Vec::new();
    for emitter in emit::ALL {
        let options = Facts::of(emitter.id()).options;
        lines.push(format!("#   {}:", emitter.id()));
        lines.extend(options.into_iter().map(|option| format!("#     {option}")));
    }
    lines.join("\n")
}

/// Each difference at its default level.
fn tolerance_lines() -> String {
    let lines = Difference::ALL.iter().map(|difference| {
        let key = format!("{}: {}", difference.as_str(), difference.default_level());
        format!("#   {key:<22} # {}", explained(*difference))
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(super) const fn explained(difference: Difference) -> &'static str {
    match difference {
        Difference::Apex => "`example.com` itself beside `*.example.com`",
        Difference::Depth => "names more levels below than the product looks",
        Difference::Subtree => "names below an exact name",
        Difference::Port => "other ports",
        Difference::Scheme => "http beside https, or the other way round",
        Difference::Path => "other paths on the same host",
        Difference::SharedAddress => "other sites at the same address",
        Difference::LabelGlob => "all of a parent for a star inside a label",
        Difference::Parent => "all of a parent for any other pattern",
    }
}

/// Words as comment lines of at most 90 characters.
fn wrapped<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut text = String::new();
    let mut line = String::from("#    ");
    for word in words {
        if line.len() + word.len() > 90 {
            text.push_str(&line);
            text.push('\n');
            line = String::from("#    ");
        }
        line.push(' ');
        line.push_str(word);
    }
    text + &line
}

const TEMPLATE: &str = r##"# A Thruway profile: which endpoints, for which products.
# Lines that begin with `#` are comments: examples, and what holds if you say nothing.
# `thruway lint` checks this file, `thruway compile` writes the configurations.

version: {version}

# Part of file and object names: letters, digits, `-` and `_`.
name: {name}

# Where the endpoints come from. Files are relative to this file's folder.
sources:
  # A list that is part of the program. The others: {other_lists}.
  - builtin: {builtin}
  # The vendor's workbook, or a table as Markdown, CSV, YAML or JSON.
  # - file: mde-urls.xlsx
  # Monitoring agent: its wildcards become the hosts of your workspaces. `cloud_connection` is the
  # saved output of TestCloudConnection.exe, which names the storage hosts too.
  # - mma:
  #     workspaces: [11111111-2222-3333-4444-555555555555]
  #     cloud_connection: TestCloudConnection.txt

# Which of these endpoints you need.
select:
  # Where your tenant keeps its data. Worldwide endpoints (WW) are always in.
  # `all`, or a list such as [EU, UK] of:
{regions}
  geographies: all

  # Operating systems of your clients. An endpoint whose source does not say counts for all.
  # platforms: [windows, macos, linux]

  # Windows releases of your clients: ">=1803", "<1809" or "<=22H2", in quotes.
  # windows: ">=1803"

  # Without optional endpoints the product works, with less.
  # requirements: [required, optional]

  # Drops endpoints that one of these contains. Quote what begins with a star.
  #   a.example.com        that name
  #   "*.example.com"      every name below it, not the name itself
  #   .example.com         the name and every name below it
  #   203.0.113.0/24       addresses
  # exclude: ["*.akamaized.net"]

  # Hosts that the sources do not name. `ports` is [443] if left out; after `expires` a host is left out.
  # include:
  #   - host: updates.contoso.com
  #     ports: [443]
  #     reason: mirror of the security intelligence updates
  #     owner: netops
  #     expires: 2027-06-30

# Which endpoints go to the internet without a proxy: `none`, or `live-response` for those whose source
# says that a direct connection is required.
intents:
  direct: none

# Patterns that a source writes wrongly, and what to use instead. Lists that are part of the program
# have their own corrections.
# corrections:
#   "*ecs.office.com": .ecs.office.com
#   "*cdn.example.net": { to: "*.cdn.example.net", reason: the vendor's support says so }

# How findings are handled, for all lists or for one of them:
#   allow   write the rule, say nothing
#   warn    write the rule, say so
#   hold    leave the rule out, say so
#   deny    stop, write nothing
# The lists are
{intents}
# `thruway explain CODE` tells what a finding means. The codes are
{lints}
# lints:
#   covers-public-suffix: { allow: warn, bypass-inspection: hold }
#   missing-dot: deny

# Findings that somebody accepts for one pattern and one list, up to and including a day. All keys are
# required.
# waivers:
#   - lint: covers-public-suffix
#     pattern: "*.blob.core.windows.net"
#     intent: bypass-inspection
#     reason: ticket 1234, until the storage hosts are known
#     owner: netops
#     expires: 2027-03-31

# What to do where a product cannot say exactly what is meant, by kind of difference, with the levels
# from above. This is what holds if you say nothing:
# tolerances:
{tolerances}

# Your forward proxies, the preferred one first, without `http://`. Without them a placeholder is
# written that no client can reach, and targets with `at: device` are refused.
# proxies: ["proxy.contoso.com:8080"]

# How devices reach their proxies: with this section, settings for Windows, Linux and macOS are written, too.
# `devices: {}` takes everything from the first of the `proxies`; `none` for a proxy sets nothing.
# devices:
#   # The EDR sensor on Windows, without `http://`. It reads no PAC file, and goes direct where that fails.
#   edr_proxy: "proxy.contoso.com:8080"
#   # Windows reaches neither revocation lists nor updates by itself: the sensor is to prefer its proxy.
#   disconnected: false
#   # The antivirus on Windows, with `http://` or `https://`; where that fails it asks the PAC file. The
#   # exceptions go without a proxy.
#   antivirus_proxy: "http://proxy.contoso.com:8080"
#   antivirus_pac: "http://pac.contoso.com/proxy.pac"
#   antivirus_bypass: [intranet.contoso.com]
#   # What the antivirus checks of its cloud's certificates: 3 all, 2 no revocation, 1 no pinning, 0 neither.
#   ssl_options: 3
#   # The proxy of all of Windows, updates too, for desktops that stay in one network. `<local>` is every name
#   # without a dot.
#   winhttp_proxy: "proxy.contoso.com:8080"
#   winhttp_bypass: [<local>, "*.contoso.com"]
#   # Linux and macOS.
#   unix_proxy: "http://proxy.contoso.com:8080"

# What a change ticket says that no source does (`thruway ticket`): where the connections come from, and
# fields of the systems that take it. ServiceNow also has assigned_to, requested_by, business_service, risk,
# impact and priority.
# ticket:
#   source: "clients, 10.0.0.0/8"
#   servicenow:
#     assignment_group: Network
#     cmdb_ci: "Internet proxy"
#     category: Network
#     type: normal
#   jira:
#     project: NET
#     issue_type: Task
#     priority: Medium
#     labels: [defender]

# How `thruway serve` hosts what is written. Other profiles, such as those of other regions, stand below a
# path or under names of their own. Proxies before the server say who asks. Lists are for those alone who
# prove who they are by a line of `credentials` or a certificate of `client_ca`: PAN-OS stops enforcing a
# list whose credentials are refused, so change them on the firewalls first.
# serve:
#   sites:
#     - name: emea
#       profile: contoso-emea.yaml
#       path: /emea
#       hosts: [wpad.emea.contoso.com]
#   # Versions that are kept on disk, of each site.
#   history: 10
#   trusted_proxies: [10.1.2.3]
#   credentials: fetchers.txt
#   client_ca: firewalls.pem
#   connections: 16384
#   connections_per_client: 256

# How `thruway serve` keeps the lists up to date: it asks the vendor whether there is a newer one, which then
# takes the place of the file that a source names. A new version, whatever made it, may wait for `thruway
# approve`.
# update:
#   lists:
#     - url: https://www.contoso.com/mde-urls.xlsx
#       into: mde-urls.xlsx
#   every_hours: 6
#   approval: required
#   # That of the environment if left out; or `direct`.
#   proxy: "http://proxy.contoso.com:8080"
#   # A root of your own that the vendor's certificate may lead to.
#   ca: inspection-root.pem

# Products to write for; all of them if left out, but those for devices need `devices`. `thruway targets`
# lists what the others can say.
# targets:
{targets}
"##;

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::profile::Profile;
    use crate::profile::parse::KEYS;

    fn targets() -> Vec<&'static str> {
        emit::ALL.iter().map(|emitter| emitter.id()).collect()
    }

    #[test]
    fn the_template_means_the_builtin_profile() {
        let text = template("contoso-mde");
        let profile = Profile::parse(&text, None, &targets()).unwrap();
        assert_eq!(profile.settings.name, "contoso-mde");
        let mut builtin = Profile::builtin(&targets());
        builtin.settings.name = "contoso-mde".into();
        builtin.text = text;
        builtin.sources[0].line = profile.sources[0].line;
        builtin.sources[0].column = profile.sources[0].column;
        assert_eq!(profile, builtin);
    }

    /// Every example, with its comment taken away, is what the parser takes.
    #[test]
    fn the_commented_examples_are_valid() {
        let text: String = template("x").lines().map(|line| uncommented(line) + "\n").collect();
        let profile =
            Profile::parse(&text, None, &targets()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(profile.sources.len(), 3);
        assert_eq!(profile.select.include.len(), 1);
        assert_eq!(profile.corrections.len(), 2);
        assert_eq!((profile.lints.len(), profile.waivers.len()), (2, 1));
        let levels =
            profile.tolerances.iter().map(|(difference, levels)| (*difference, levels.0[&Intent::Allow]));
        let defaults = Difference::ALL.iter().map(|difference| (*difference, difference.default_level()));
        assert!(levels.eq(defaults));
        assert_eq!(profile.targets, targets());
        let devices = profile.settings.devices.unwrap();
        assert_eq!((devices.antivirus_bypass.len(), devices.winhttp_bypass.len()), (1, 2));
        assert!(devices.antivirus_pac.is_some() && devices.ssl_options.is_some() && !devices.disconnected);
        for key in KEYS {
            assert!(text.lines().any(|line| line.starts_with(&format!("{key}:"))), "{key}");
        }
    }

    /// The line without `# ` if what follows is YAML of the profile: `key:`, `- item`, or below one.
    pub(in crate::profile) fn uncommented(line: &str) -> String {
        let indent = line.len() - line.trim_start().len();
        let Some(rest) = line.trim_start().strip_prefix("# ") else { return line.to_owned() };
        let word = rest.trim_start().trim_start_matches("- ").split(' ').next().unwrap_or_default();
        let is_key = word.strip_suffix(':').is_some_and(|key| {
            key.starts_with('"') || key.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | '-'))
        });
        if is_key { format!("{}{rest}", " ".repeat(indent)) } else { line.to_owned() }
    }

    #[test]
    fn the_template_lists_what_the_tables_hold() {
        let text = template("x");
        assert!(
            regions::all().all(|(region, name)| text.contains(&format!("{:<8} {name}\n", region.code())))
        );
        assert!(BUILTIN_LISTS.iter().all(|list| text.contains(list)));
        assert!(Code::ALL.iter().all(|code| text.contains(code.as_str())));
        assert!(text.lines().all(|line| line.chars().count() <= 110));
    }
}
