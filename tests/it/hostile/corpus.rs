//! The texts of `tests/hostile`.

use serde::Deserialize;

use super::super::common;

/// One cell that means harm.
pub struct Cell {
    /// What kind of harm.
    pub about: String,
    /// The header of its column.
    pub column: String,
    pub text: String,
}

#[derive(Deserialize)]
struct Group {
    about: String,
    #[serde(default = "endpoint", rename = "in")]
    column: String,
    /// The text, what is nasty about it, what its row opens.
    cells: Vec<(String, String, String)>,
}

fn endpoint() -> String {
    "Endpoint/URL".to_owned()
}

/// `tests/hostile/cells.yaml` as it stands.
pub fn text() -> String {
    std::fs::read_to_string(common::root().join("tests/hostile/cells.yaml")).unwrap()
}

pub fn cells() -> Vec<Cell> {
    let groups: Vec<Group> = thruway::yaml::parse(&text()).unwrap_or_else(|error| panic!("{error}"));
    let mut cells = Vec::new();
    for Group { about, column, cells: own } in groups {
        for (text, _, _) in own {
            cells.push(Cell { about: about.clone(), column: column.clone(), text: expanded(&text) });
        }
    }
    cells
}

/// The text with `⟨a*3⟩` as `aaa`.
pub fn expanded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('⟨') {
        let (inner, behind) = after.split_once('⟩').expect("a closing ⟩");
        let (what, times) = inner.rsplit_once('*').expect("a * before the number");
        out.push_str(before);
        out.push_str(&what.repeat(times.parse().expect("a number")));
        rest = behind;
    }
    out + rest
}
