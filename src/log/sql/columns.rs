//! Where a table has what the audit asks of it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// What the audit asks of a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Column {
    /// When it was.
    Time,
    /// Who asked.
    Client,
    /// Name or address.
    Host,
    /// The TCP port.
    Port,
    /// `http` or `https`.
    Scheme,
    /// The path, with or without its query.
    Path,
    /// Octets to the client.
    Bytes,
    /// `passed`, `denied` or `authentication`.
    Verdict,
    /// Whether its TLS was looked into.
    Inspected,
}

impl Column {
    /// All, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::Time,
        Self::Client,
        Self::Host,
        Self::Port,
        Self::Scheme,
        Self::Path,
        Self::Bytes,
        Self::Verdict,
        Self::Inspected,
    ];

    /// Its name in the table, where the user says nothing else.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Client => "client",
            Self::Host => "host",
            Self::Port => "port",
            Self::Scheme => "scheme",
            Self::Path => "path",
            Self::Bytes => "bytes",
            Self::Verdict => "verdict",
            Self::Inspected => "inspected",
        }
    }
}

/// What stands for a column in a table of the user's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stands {
    /// A column of this name, which is quoted.
    Named(String),
    /// An expression in the language of the engine, which is not.
    Expression(String),
    /// Nothing: the table does not say.
    Nothing,
}

/// Which columns are called otherwise.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Columns(BTreeMap<Column, Stands>);

/// Why a list of columns is none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ColumnsError {
    /// A part without `=`, or with another word before it.
    #[error("`{part}` begins with none of {}", known())]
    Unknown {
        /// The part.
        part: String,
    },
    /// The same column again.
    #[error("`{column}` is there twice")]
    Twice {
        /// The column.
        column: Column,
    },
    /// The audit is about hosts.
    #[error("without a host there is nothing to audit")]
    NoHost,
    /// A line end or another character that no name has.
    #[error("a control character in `{column}`")]
    Control {
        /// The column.
        column: Column,
    },
}

fn known() -> String {
    Column::ALL.map(|own| format!("`{own}=`")).join(", ")
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Columns {
    /// What stands for a column.
    pub fn of(&self, column: Column) -> Stands {
        self.0.get(&column).cloned().unwrap_or_else(|| Stands::Named(column.as_str().to_owned()))
    }

    /// Whether the user named it.
    pub fn names(&self, column: Column) -> bool {
        self.0.contains_key(&column)
    }
}

/// `host=cs_host,port=expr:toUInt16(cs_port),path=`: a comma divides where the name of a column and `=` follow.
impl FromStr for Columns {
    type Err = ColumnsError;

    fn from_str(text: &str) -> Result<Self, ColumnsError> {
        let begins = |text: &str| {
            Column::ALL.into_iter().find_map(|own| {
                let rest = text.strip_prefix(own.as_str())?.strip_prefix('=')?;
                Some((own, text.len() - rest.len()))
            })
        };
        let mut parts: Vec<&str> = Vec::new();
        let mut start = 0;
        for (at, _) in text.match_indices(',') {
            if begins(&text[at + 1..]).is_some() {
                parts.push(&text[start..at]);
                start = at + 1;
            }
        }
        parts.push(&text[start..]);
        let mut columns = BTreeMap::new();
        for part in parts {
            let (column, length) =
                begins(part).ok_or_else(|| ColumnsError::Unknown { part: crate::text::shown(part, 60) })?;
            let value = &part[length..];
            if value.chars().any(char::is_control) {
                return Err(ColumnsError::Control { column });
            }
            let stands = match value.strip_prefix("expr:") {
                Some(expression) => Stands::Expression(expression.to_owned()),
                None if value.is_empty() => Stands::Nothing,
                None => Stands::Named(value.to_owned()),
            };
            if column == Column::Host && stands == Stands::Nothing {
                return Err(ColumnsError::NoHost);
            }
            if columns.insert(column, stands).is_some() {
                return Err(ColumnsError::Twice { column });
            }
        }
        Ok(Self(columns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_names_expressions_or_nothing() {
        let columns: Columns = "host=cs host,port=expr:coalesce(p, 443),path=".parse().unwrap();
        assert_eq!(columns.of(Column::Host), Stands::Named("cs host".to_owned()));
        assert_eq!(columns.of(Column::Port), Stands::Expression("coalesce(p, 443)".to_owned()));
        assert_eq!(columns.of(Column::Path), Stands::Nothing);
        assert_eq!(columns.of(Column::Time), Stands::Named("time".to_owned()));
        for (text, want) in [
            ("", ColumnsError::Unknown { part: String::new() }),
            ("hots=x", ColumnsError::Unknown { part: "hots=x".to_owned() }),
            ("host=a,host=b", ColumnsError::Twice { column: Column::Host }),
            ("host=", ColumnsError::NoHost),
            ("host=a\nb", ColumnsError::Control { column: Column::Host }),
        ] {
            assert_eq!(text.parse::<Columns>(), Err(want), "{text}");
        }
    }
}
