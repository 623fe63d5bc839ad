//! What targets need beside the policy. Which options a target has is known to its emitter alone.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use super::{Devices, Proxy, TicketFields};

/// What targets need beside the policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The profile's name, safe in a file name: letters, digits, `-` and `_`.
    pub name: String,
    /// The proxies, at least one; the placeholder where the profile names none.
    pub proxies: Vec<Proxy>,
    /// How clients reach their proxies, where the profile says so.
    pub devices: Option<Devices>,
    /// What change tickets say that no source does.
    pub ticket: TicketFields,
    /// The options of targets, by id. A target that is not here has its defaults.
    pub options: BTreeMap<&'static str, TargetOptions>,
}

impl Settings {
    /// The options of a target, in the type in which its emitter read them.
    pub fn options<T: Any + Clone + Default>(&self, target: &str) -> T {
        self.options.get(target).map_or_else(T::default, TargetOptions::get)
    }
}

/// The options of one target, in a type that its emitter knows.
#[derive(Clone, Debug)]
pub struct TargetOptions(Arc<dyn Opaque>);

impl TargetOptions {
    /// Keeps options for [`Settings::options`].
    pub fn new<T: Any + Clone + Debug + Eq + Send + Sync>(options: T) -> Self {
        Self(Arc::new(options))
    }

    fn get<T: Any + Clone>(&self) -> T {
        let own: Option<&T> = self.0.as_any().downcast_ref();
        own.cloned().expect("internal error: a target asks for the options of another")
    }
}

impl PartialEq for TargetOptions {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(&*other.0)
    }
}
impl Eq for TargetOptions {}

/// A value of a type that is not known here.
trait Opaque: Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn equals(&self, other: &dyn Opaque) -> bool;
}

impl<T: Any + Debug + Eq + Send + Sync> Opaque for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn equals(&self, other: &dyn Opaque) -> bool {
        other.as_any().downcast_ref::<T>() == Some(self)
    }
}
