//! A list brought up to date: asked for, looked at, and put in its place.

use std::path::{Path, PathBuf};

use url::Url;

use super::fetch::{self, Bounds, Came, FetchError, Through};
use super::list::{List, Unfit};
use super::place::{self, PlaceError};
use super::remembered::{Remembered, beside};
use crate::verify::connect::Network;

/// Largest file that is there already, in bytes.
const MAX_FILE: usize = 256 << 20;

/// What is to be brought up to date.
#[derive(Debug)]
pub struct Renewal<'a> {
    /// Where the vendor publishes the list.
    pub url: &'a Url,
    /// The file.
    pub into: &'a Path,
    /// Where the old list goes when a new one takes its place.
    pub keep: Option<&'a Path>,
    /// By which way requests go.
    pub through: &'a Through,
    /// How much may come, and how long it may take.
    pub bounds: Bounds,
    /// Whether somebody has said that fewer than half of the endpoints are meant.
    pub may_shrink: bool,
}

/// What became of the file.
#[derive(Debug)]
pub enum Renewed {
    /// It is the newest, and why that is known.
    Unchanged(&'static str),
    /// A new one is in its place.
    Updated {
        /// What was there; nothing where that was no list.
        old: Option<List>,
        /// What is there.
        new: List,
        /// Whether the old one was kept.
        kept: bool,
    },
    /// What came was refused.
    Refused {
        /// Why.
        why: String,
        /// What to do.
        help: Option<&'static str>,
    },
}

/// Why nothing came, or it could not be put in its place.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// Nothing came.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The system refused.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

impl Renewal<'_> {
    /// Brings the file up to date. `remark` is told what is no failure.
    ///
    /// # Errors
    /// When nothing came, or the system refused; the file is then as it was.
    pub async fn run(
        &self,
        network: &Network,
        remark: &mut (dyn FnMut(String) + Send),
    ) -> Result<Renewed, RenewError> {
        // Nothing is fetched that could not be put into its place, or not be remembered afterwards.
        let remembered_in: PathBuf = beside(self.into);
        for file in [self.into, &remembered_in].into_iter().chain(self.keep) {
            place::check(file)?;
        }
        let there = place::read(self.into, MAX_FILE)?;
        let remembered = there.as_deref().and_then(|list| Remembered::of(self.into, self.url, list));
        let came = fetch::fetch(network, self.url, self.through, self.bounds, remembered.as_ref()).await;
        let (bytes, remembered) = match came {
            Ok(Came::Nothing) => return Ok(Renewed::Unchanged("the server has nothing newer")),
            Ok(Came::File { bytes, remembered }) => (bytes, remembered),
            Err(error) if error.is_refusal() => {
                return Ok(Renewed::Refused { why: error.to_string(), help: None });
            }
            Err(error) => return Err(error.into()),
        };
        if self.url.scheme() == "http" {
            remark("fetched without TLS: anybody on the way could have changed the list".to_owned());
        }
        if there.as_deref() == Some(&bytes[..]) {
            self.remember(&remembered, remark);
            return Ok(Renewed::Unchanged("the same list came again"));
        }
        self.put(there.as_deref(), &bytes, &remembered, remark)
    }

    /// Puts a new list in its place, if it is one.
    fn put(
        &self,
        there: Option<&[u8]>,
        bytes: &[u8],
        remembered: &Remembered,
        remark: &mut (dyn FnMut(String) + Send),
    ) -> Result<Renewed, RenewError> {
        let name = self.into.display().to_string();
        let new = match List::read(&name, bytes) {
            Ok(list) => list,
            Err(error) => {
                return Ok(Renewed::Refused {
                    why: error.to_string(),
                    help: Some("open the URL in a browser: is it the address of the file itself?"),
                });
            }
        };
        let old = there.and_then(|list| match List::read(&name, list) {
            Ok(list) => Some(list),
            Err(error) => {
                remark(format!("the old {name} cannot be compared: {error}"));
                None
            }
        });
        if let Some(old) = &old {
            match new.after(old) {
                Err(error @ Unfit::Shrunken { .. }) if !self.may_shrink => {
                    return Ok(Renewed::Refused {
                        why: error.to_string(),
                        help: Some("look at it, and take it by --allow-shrink if that is right"),
                    });
                }
                _ => {}
            }
        }
        let kept = match (self.keep, there) {
            (Some(keep), Some(list)) => {
                place::replace(keep, list)?;
                true
            }
            _ => false,
        };
        place::replace(self.into, bytes)?;
        self.remember(remembered, remark);
        Ok(Renewed::Updated { old, new, kept })
    }

    /// Writes down what the next run asks by. The list is in its place with or without it.
    fn remember(&self, remembered: &Remembered, remark: &mut (dyn FnMut(String) + Send)) {
        if let Err(error) = remembered.write(self.into) {
            remark(format!("{error}; the next run fetches the list again"));
        }
    }
}
