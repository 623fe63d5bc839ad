//! Reusable settings of Intune: the body of a request to Microsoft Graph (beta) with a group of keywords.

use serde_json::{Map, Value};

use super::File;
use crate::model::HostPattern;
use crate::read::{Trouble, TroubleKind};

/// The setting that a group of keywords is of. `{id}` is literal text.
const SETTING: &str = "vendor_msft_firewall_mdmstore_dynamickeywords_addresses_{id}";
/// What the types of all values begin with.
const TYPE: &str = "#microsoft.graph.deviceManagementConfiguration";

/// A group of keywords.
#[derive(Debug)]
pub struct ReusableSettings {
    /// The name that a person sees.
    pub name: String,
    /// What its keywords stand for, in their order.
    pub hosts: Vec<HostPattern>,
    /// What was not understood.
    pub troubles: Vec<Trouble>,
}

/// Reads the body of a request.
pub fn reusable_settings(file: &str, bytes: &[u8]) -> ReusableSettings {
    let mut file = File::new(file);
    let mut settings = ReusableSettings { name: String::new(), hosts: Vec::new(), troubles: Vec::new() };
    match serde_json::from_slice(bytes) {
        Ok(value) => {
            if let Err(what) = group(&mut file, value, &mut settings) {
                file.not_understood(0, what);
            }
        }
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or_default();
            file.not_understood(line, "no JSON");
        }
    }
    settings.troubles = file.troubles;
    settings
}

fn group(file: &mut File, value: Value, settings: &mut ReusableSettings) -> Result<(), String> {
    let mut whole = Object::new(value, "the body")?;
    settings.name = whole.text("displayName")?;
    whole.text("description")?;
    whole.is("settingDefinitionId", SETTING)?;
    let mut instance = Object::new(whole.take("settingInstance")?, "settingInstance")?;
    whole.end()?;
    instance.is("@odata.type", &format!("{TYPE}GroupSettingCollectionInstance"))?;
    instance.is("settingDefinitionId", SETTING)?;
    instance.is_null("settingInstanceTemplateReference")?;
    let Value::Array(values) = instance.take("groupSettingCollectionValue")? else {
        return Err("`groupSettingCollectionValue` is no list".to_owned());
    };
    instance.end()?;
    for (at, value) in values.into_iter().enumerate() {
        let keyword = keyword(value).map_err(|what| format!("the keyword {}: {what}", at + 1))?;
        let host = file.keyword(0, &keyword);
        if host.as_ref().is_some_and(|host| settings.hosts.contains(host)) {
            file.trouble(0, TroubleKind::Refused, format!("the keyword `{keyword}` is there twice"));
        }
        settings.hosts.extend(host);
    }
    Ok(())
}

/// The keyword of one group of settings, which has to be resolved by the device.
fn keyword(value: Value) -> Result<String, String> {
    let mut own = Object::new(value, "a keyword")?;
    own.is_null("settingValueTemplateReference")?;
    let Value::Array(children) = own.take("children")? else {
        return Err("`children` is no list".to_owned());
    };
    own.end()?;
    let [resolve, keyword] = <[Value; 2]>::try_from(children)
        .map_err(|_| "not the two settings `autoresolve` and `keyword`".to_owned())?;

    let mut resolve = Object::new(resolve, "`autoresolve`")?;
    resolve.is("@odata.type", &format!("{TYPE}ChoiceSettingInstance"))?;
    resolve.is("settingDefinitionId", &format!("{SETTING}_autoresolve"))?;
    resolve.is_null("settingInstanceTemplateReference")?;
    let mut choice = Object::new(resolve.take("choiceSettingValue")?, "`choiceSettingValue`")?;
    resolve.end()?;
    choice.is("@odata.type", &format!("{TYPE}ChoiceSettingValue"))?;
    choice.is_null("settingValueTemplateReference")?;
    choice.is("value", &format!("{SETTING}_autoresolve_true"))?;
    if choice.take("children")? != Value::Array(Vec::new()) {
        return Err("`autoresolve` has settings below it".to_owned());
    }
    choice.end()?;

    let mut keyword = Object::new(keyword, "`keyword`")?;
    keyword.is("@odata.type", &format!("{TYPE}SimpleSettingInstance"))?;
    keyword.is("settingDefinitionId", &format!("{SETTING}_keyword"))?;
    keyword.is_null("settingInstanceTemplateReference")?;
    let mut simple = Object::new(keyword.take("simpleSettingValue")?, "`simpleSettingValue`")?;
    keyword.end()?;
    simple.is("@odata.type", &format!("{TYPE}StringSettingValue"))?;
    simple.is_null("settingValueTemplateReference")?;
    let text = simple.text("value")?;
    simple.end()?;
    Ok(text)
}

/// An object of which every key is read, or told.
struct Object {
    what: &'static str,
    rest: Map<String, Value>,
}

impl Object {
    fn new(value: Value, what: &'static str) -> Result<Self, String> {
        match value {
            Value::Object(rest) => Ok(Self { what, rest }),
            _ => Err(format!("{what} is no object")),
        }
    }

    fn take(&mut self, key: &str) -> Result<Value, String> {
        self.rest.remove(key).ok_or_else(|| format!("{} has no `{key}`", self.what))
    }

    fn text(&mut self, key: &str) -> Result<String, String> {
        match self.take(key)? {
            Value::String(text) => Ok(text),
            _ => Err(format!("`{key}` of {} is no text", self.what)),
        }
    }

    fn is(&mut self, key: &str, expected: &str) -> Result<(), String> {
        match self.text(key)? == expected {
            true => Ok(()),
            false => Err(format!("`{key}` of {} is not `{expected}`", self.what)),
        }
    }

    fn is_null(&mut self, key: &str) -> Result<(), String> {
        match self.take(key)? {
            Value::Null => Ok(()),
            _ => Err(format!("`{key}` of {} is not null", self.what)),
        }
    }

    fn end(&self) -> Result<(), String> {
        match self.rest.keys().next() {
            Some(key) => Err(format!("`{key}` of {} is not understood", self.what)),
            None => Ok(()),
        }
    }
}
