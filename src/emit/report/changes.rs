//! What changed between two policies, as the page shows it.

/// What changed, in the order in which the page shows it. Every text is shown as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// What was, as the user names it.
    pub old: String,
    /// What is to be.
    pub new: String,
    /// By which profile a list of both is looked at.
    pub looked_at: Vec<String>,
    /// Whether both let the same through, and products do the same.
    pub is_same: bool,
    /// The lists that either has.
    pub lists: Vec<ListCount>,
    /// What is let through now and was not.
    pub opened: Vec<Line>,
    /// What was let through and is not now.
    pub closed: Vec<Line>,
    /// What a finding leaves out now.
    pub left_out: Vec<LeftOut>,
    /// What is held back now before it becomes a line: the finding, and what it says.
    pub unread: Vec<(String, String)>,
    /// What both let through, and of which they say something else.
    pub restated: Vec<Restated>,
    /// What products do otherwise beside their lists: the setting, before and now.
    pub settings: Vec<(String, String, String)>,
    /// How it shows in the products.
    pub targets: Vec<TargetChange>,
}

/// How much of one list changed, in lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListCount {
    /// The list: `let through`.
    pub title: &'static str,
    /// New ones.
    pub opened: usize,
    /// Those that are gone.
    pub closed: usize,
    /// Those that both let through.
    pub same: usize,
}

/// A line that one of both does not let through whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Hosts and ports.
    pub destination: String,
    /// The lists: `allow, direct`.
    pub lists: String,
    /// Requests that are answered otherwise, where the destination does not say them.
    pub examples: Vec<String>,
    /// What it is for: services and categories.
    pub purpose: String,
    /// Findings that say what it opens beside that.
    pub risks: Vec<&'static str>,
    /// Where it is asked for.
    pub from: String,
    /// Lines of the other side for the same hosts: destination, and where it is asked for.
    pub beside: Vec<(String, String)>,
    /// How many more there are.
    pub more: usize,
    /// Why the other side does not let it through, where it asks for it.
    pub why: Option<String>,
}

/// A line that a finding leaves out now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeftOut {
    /// Hosts and ports.
    pub destination: String,
    /// The lists.
    pub lists: String,
    /// The finding.
    pub finding: &'static str,
    /// Where it is asked for.
    pub from: String,
}

/// Something else that is said of a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restated {
    /// Hosts and ports.
    pub destination: String,
    /// What: `requirement`.
    pub what: &'static str,
    /// What was said of it, and where.
    pub old: (String, String),
    /// What is said of it, and where.
    pub new: (String, String),
}

/// How one list of a product changes, in patterns as the product can say them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetChange {
    /// The product.
    pub title: String,
    /// The list: `allow`.
    pub list: &'static str,
    /// New ones.
    pub opened: usize,
    /// Those that are gone.
    pub closed: usize,
    /// Hosts that it matches now and that nobody asks for.
    pub beyond: Vec<String>,
    /// Lines that are still asked for and that it no longer says whole.
    pub lost: Vec<String>,
}
