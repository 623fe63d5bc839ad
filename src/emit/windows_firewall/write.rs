//! The files: PowerShell for names and addresses, `netsh` for addresses, and Intune's reusable settings.

use askama::Template;
use serde_json::{Value, json};

use super::layout::{self, FirewallRule, Keyword, Layout};
use super::{ID, WindowsFirewallAt, WindowsFirewallOptions};
use crate::diag::visible;
use crate::emit::{Artifact, RenderError, Rendered, filter, header};
use crate::plan::{Banner, Plan};

/// Most keywords of one group of Intune's reusable settings. No limit is documented where we looked.
const PER_GROUP: usize = 100;

#[derive(Template)]
#[template(path = "windows-firewall/thruway-firewall.ps1")]
struct Setup<'a> {
    header: &'a [String],
    profile: &'a str,
    group: &'a str,
    device: bool,
    keywords: &'a [Keyword],
    rules: &'a [FirewallRule],
}

#[derive(Template)]
#[template(path = "windows-firewall/remove-firewall.ps1")]
struct Removal<'a> {
    header: &'a [String],
    profile: &'a str,
    group: &'a str,
}

#[derive(Template)]
#[template(path = "windows-firewall/netsh.cmd")]
struct Netsh<'a> {
    header: &'a [String],
    profile: &'a str,
    rules: &'a [&'a FirewallRule],
}

#[derive(Template)]
#[template(path = "windows-firewall/remove-netsh.cmd")]
struct NetshRemoval<'a> {
    header: &'a [String],
    profile: &'a str,
}

pub(super) fn render(plan: &Plan<'_>) -> Result<Rendered, RenderError> {
    let options: WindowsFirewallOptions = plan.settings.options(ID);
    let device = options.at == WindowsFirewallAt::Device;
    let mut findings = Vec::new();
    let proxies = if device { filter::proxies(ID, plan.settings, &mut findings) } else { Vec::new() };
    let Layout { keywords, rules } = Layout::new(plan, &proxies)?;
    let header = &header::lines(plan.banner)[..];
    let profile = &layout::own_name(plan);
    let group = &format!("Thruway {profile}");

    let setup = Setup { header, profile, group, device, keywords: &keywords, rules: &rules };
    let removal = Removal { header, profile, group };
    let mut artifacts = vec![
        artifact("thruway-firewall.ps1", setup.render())?,
        artifact("remove-firewall.ps1", removal.render())?,
    ];
    let by_address: Vec<&FirewallRule> = rules.iter().filter(|rule| !rule.networks.is_empty()).collect();
    // Without addresses too, so that a run takes back what an earlier one added.
    artifacts.push(artifact("netsh.cmd", Netsh { header, profile, rules: &by_address }.render())?);
    artifacts.push(artifact("remove-netsh.cmd", NetshRemoval { header, profile }.render())?);
    for (part, keywords) in keywords.chunks(PER_GROUP).enumerate() {
        let settings = reusable_settings(plan.banner, group, part + 1, keywords);
        let mut bytes =
            serde_json::to_vec_pretty(&settings).map_err(|error| template_error(&error.to_string()))?;
        bytes.push(b'\n');
        artifacts.push(Artifact { path: format!("intune-reusable-settings-{}.json", part + 1), bytes });
    }
    Ok(Rendered { artifacts, findings })
}

fn artifact(path: &str, text: askama::Result<String>) -> Result<Artifact, RenderError> {
    let text = text.map_err(|error| template_error(&error.to_string()))?;
    Ok(Artifact { path: path.to_owned(), bytes: text.into_bytes() })
}

fn template_error(why: &str) -> RenderError {
    RenderError::Template { target: ID, why: why.to_owned() }
}

/// The body of `POST /deviceManagement/reusablePolicySettings` of Graph beta. Its identifiers are those of
/// three public repositories, read 2026-11-24; `{id}` is literal text.
fn reusable_settings(banner: &Banner, group: &str, part: usize, keywords: &[Keyword]) -> Value {
    const SETTING: &str = "vendor_msft_firewall_mdmstore_dynamickeywords_addresses_{id}";
    let instance = |kind: &str| format!("#microsoft.graph.deviceManagementConfiguration{kind}");
    let group_of = |keyword: &Keyword| {
        json!({
            "settingValueTemplateReference": null,
            "children": [
                {
                    "@odata.type": instance("ChoiceSettingInstance"),
                    "settingDefinitionId": format!("{SETTING}_autoresolve"),
                    "settingInstanceTemplateReference": null,
                    "choiceSettingValue": {
                        "@odata.type": instance("ChoiceSettingValue"),
                        "settingValueTemplateReference": null,
                        "value": format!("{SETTING}_autoresolve_true"),
                        "children": [],
                    },
                },
                {
                    "@odata.type": instance("SimpleSettingInstance"),
                    "settingDefinitionId": format!("{SETTING}_keyword"),
                    "settingInstanceTemplateReference": null,
                    "simpleSettingValue": {
                        "@odata.type": instance("StringSettingValue"),
                        "settingValueTemplateReference": null,
                        "value": keyword.text,
                    },
                },
            ],
        })
    };
    json!({
        "displayName": format!("{group} {part}"),
        "description": visible(&header::lines(banner).join(" ")),
        "settingDefinitionId": SETTING,
        "settingInstance": {
            "@odata.type": instance("GroupSettingCollectionInstance"),
            "settingDefinitionId": SETTING,
            "settingInstanceTemplateReference": null,
            "groupSettingCollectionValue": keywords.iter().map(group_of).collect::<Vec<_>>(),
        },
    })
}
