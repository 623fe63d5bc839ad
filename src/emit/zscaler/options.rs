//! What a profile says of Zscaler.

use crate::profile::{Reader, shown};
use crate::yaml::Node;

/// Options of the Zscaler target. Without `enabled` the rules are made and not enforced, since a rule of
/// Zscaler without users or locations is for everybody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZscalerOptions {
    /// Whether the rules are enforced as soon as they are made.
    pub enabled: bool,
    /// The place of the SSL inspection rule in its order, from 1. The predefined rules hold some.
    pub ssl_inspection_order: u32,
    /// The place of the URL filtering rule in its order, from 1.
    pub url_filtering_order: u32,
}

impl Default for ZscalerOptions {
    fn default() -> Self {
        Self { enabled: false, ssl_inspection_order: 1, url_filtering_order: 1 }
    }
}

impl ZscalerOptions {
    /// Reads them from a profile; reports what is wrong.
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let known = ["enabled", "ssl_inspection_order", "url_filtering_order"];
        let fields = reader.fields(node, super::ID, &known)?;
        let choices = [("true", true), ("false", false)];
        let enabled = fields.get("enabled").and_then(|node| reader.choice(node, "enabled", &choices));
        let mut order = |key: &str| -> u32 {
            let Some(node) = fields.get(key) else { return 1 };
            let Some(text) = reader.text(node, key) else { return 1 };
            match text.parse() {
                Ok(order) if (1..=10_000).contains(&order) => order,
                _ => {
                    reader
                        .report(
                            node.spot,
                            format!("`{key}` has {}, which is no place from 1 to 10000", shown(text)),
                        )
                        .help("count the rules that stand before it, predefined ones too");
                    1
                }
            }
        };
        Some(Self {
            enabled: enabled.unwrap_or_default(),
            ssl_inspection_order: order("ssl_inspection_order"),
            url_filtering_order: order("url_filtering_order"),
        })
    }
}
