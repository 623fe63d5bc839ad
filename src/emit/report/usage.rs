//! What devices use of the policy, as the page shows it.

/// What logs say, in the order in which the page shows it. Every text is shown as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// What was read: lines, files and days.
    pub read: String,
    /// Numbers, each with what it counts and what is remarkable about it.
    pub facts: Vec<(String, &'static str, String)>,
    /// What is done against the policy: a heading, and what is to be mended.
    pub mend: Vec<(String, Vec<Mend>)>,
    /// Why lines are not told beside all of it.
    pub unplaced: Option<String>,
    /// The endpoints that are in the logs, the most used first.
    pub endpoints: Vec<Counts>,
    /// The same taken together: a heading, its identifier in the page, and the rows.
    pub groups: Vec<(&'static str, &'static str, Vec<Counts>)>,
    /// Endpoints that are required and in no line.
    pub unused: Vec<String>,
    /// Hosts behind wildcards.
    pub wildcards: Vec<Wildcard>,
    /// Hosts close to the policy: a heading, and the hosts.
    pub close: Vec<(String, Vec<HostCount>)>,
}

/// What was counted of one endpoint, or of several together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// The pattern, the category or the service.
    pub name: String,
    /// What is said beside it: whether it is required, or how many endpoints of how many are used.
    pub more: String,
    /// Thousandths of what the most used one has.
    pub share: u64,
    /// Requests and octets to clients.
    pub requests: u64,
    /// Octets, with a unit.
    pub bytes: String,
    /// About how many clients.
    pub clients: u64,
    /// Requests that were refused.
    pub denied: u64,
    /// Requests that were asked for credentials.
    pub authentication: u64,
    /// Requests that were inspected.
    pub inspected: u64,
    /// The first and the last day.
    pub span: String,
}

/// A rule that proxies act against.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mend {
    /// The pattern.
    pub pattern: String,
    /// How many requests.
    pub requests: u64,
    /// About how many clients.
    pub clients: u64,
    /// The first and the last day.
    pub span: String,
    /// The most frequent hosts, where it is of many.
    pub hosts: Vec<HostCount>,
    /// How many more there are.
    pub more: usize,
    /// What each product has to have.
    pub lines: Vec<MendLine>,
}

/// A line that a device lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MendLine {
    /// The product.
    pub title: String,
    /// The file and its line; nothing where the product has none for it.
    pub place: Option<String>,
    /// The line, or why there is none.
    pub text: String,
}

/// A text with what is said of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The text.
    pub name: String,
    /// What is said.
    pub said: String,
}

/// A host with how often it was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostCount {
    /// The host.
    pub host: String,
    /// How often.
    pub requests: u64,
    /// By how much that may be too many.
    pub error: u64,
    /// What it is close to, and how; nothing for a host of the policy.
    pub close: Option<Named>,
}

/// The hosts behind a wildcard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wildcard {
    /// The wildcard.
    pub pattern: String,
    /// The most frequent.
    pub hosts: Vec<HostCount>,
    /// How many more there are.
    pub more: usize,
    /// Whether it could be narrowed to them, or why not.
    pub narrow: String,
}
