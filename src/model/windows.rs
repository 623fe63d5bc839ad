//! Windows releases, and which of them a document says an endpoint is for.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// A Windows 10 or 11 release by its version: `1803`, `2004`, `20H2`.
///
/// Ordered by time; the number is year and month, `20H2` counts as 2010 and `22H2` as 2210.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WindowsRelease(u16);

/// The text is no Windows version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no Windows version such as 1803 or 22H2")]
pub struct WindowsReleaseError {
    /// The text.
    pub text: String,
}

impl FromStr for WindowsRelease {
    type Err = WindowsReleaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || WindowsReleaseError { text: text.to_owned() };
        let upper = text.trim().to_ascii_uppercase();
        let digits = match upper.as_bytes() {
            [a, b, b'H', half @ (b'1' | b'2')] if a.is_ascii_digit() && b.is_ascii_digit() => {
                format!("{}{}", &upper[..2], if *half == b'1' { "05" } else { "10" })
            }
            [_, _, _, _] if upper.bytes().all(|b| b.is_ascii_digit()) => upper,
            _ => return Err(error()),
        };
        let number: u16 = digits.parse().map_err(|_| error())?;
        // The first release of Windows 10 is 1507.
        if number < 1507 || !(1..=12).contains(&(number % 100)) {
            return Err(error());
        }
        Ok(Self(number))
    }
}

impl fmt::Display for WindowsRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (self.0 / 100, self.0 % 100);
        // Versions are named by half-years since 20H2.
        match (year, month) {
            (20.., 5) => write!(f, "{year}H1"),
            (20.., 10) => write!(f, "{year}H2"),
            _ => write!(f, "{:04}", self.0),
        }
    }
}

/// A contiguous set of Windows releases, Windows before 10 counting as earlier than every release.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WindowsRange {
    /// This release and later ones.
    From(WindowsRelease),
    /// Releases before this one.
    Before(WindowsRelease),
    /// This release and earlier ones.
    UpTo(WindowsRelease),
}

impl WindowsRange {
    /// Whether the two sets have a release in common.
    ///
    /// Two lower bounds always meet, and so do two upper bounds.
    pub fn overlaps(self, other: Self) -> bool {
        match (self, other) {
            (Self::From(low), Self::Before(high)) | (Self::Before(high), Self::From(low)) => low < high,
            (Self::From(low), Self::UpTo(high)) | (Self::UpTo(high), Self::From(low)) => low <= high,
            (Self::From(_), Self::From(_)) => true,
            (Self::Before(_) | Self::UpTo(_), Self::Before(_) | Self::UpTo(_)) => true,
        }
    }
}

/// `>=1803`, `<1809`, `<=1703`.
impl fmt::Display for WindowsRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From(release) => write!(f, ">={release}"),
            Self::Before(release) => write!(f, "<{release}"),
            Self::UpTo(release) => write!(f, "<={release}"),
        }
    }
}

/// Reads `>=1803`, `<1809`, `<=1703`.
impl FromStr for WindowsRange {
    type Err = WindowsReleaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix(">=") {
            Ok(Self::From(rest.parse()?))
        } else if let Some(rest) = text.strip_prefix("<=") {
            Ok(Self::UpTo(rest.parse()?))
        } else if let Some(rest) = text.strip_prefix('<') {
            Ok(Self::Before(rest.parse()?))
        } else {
            Err(WindowsReleaseError { text: text.to_owned() })
        }
    }
}

/// What one document says of the Windows releases that need an endpoint. Documents disagree, so each
/// claim is kept; the newest document decides.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WindowsClaim {
    /// When the document was published or last changed; an undated document counts as the oldest.
    pub date: Option<Date>,
    /// The releases that need the endpoint.
    pub needed_by: WindowsRange,
    /// The document, as a person would name it.
    pub document: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_ordered_by_time() {
        let names = ["1507", "1703", "1803", "1809", "1909", "2004", "20H2", "21H1", "21H2", "22H2", "24H2"];
        let releases = names.map(|name| name.parse::<WindowsRelease>().unwrap());
        assert!(releases.is_sorted());
        assert_eq!(releases.map(|release| release.to_string()), names.map(str::to_owned));
        for text in ["", "18", "1813", "18H3", "0000", "rs4"] {
            assert!(text.parse::<WindowsRelease>().is_err(), "{text}");
        }
    }

    #[test]
    fn ranges_overlap_at_their_bounds() {
        let range = |text: &str| text.parse::<WindowsRange>().unwrap();
        assert!(!range(">=1803").overlaps(range("<1803")));
        assert!(range(">=1803").overlaps(range("<=1803")));
        assert!(range(">=1803").overlaps(range("<1809")));
        assert!(range("<1507").overlaps(range("<=1703")));
        assert!(!range(">=1803").overlaps(range("<=1703")));
    }
}
