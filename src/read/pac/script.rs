//! A PAC that somebody else wrote: run, since nothing less says what a program does.
//!
//! The script gets the functions that browsers give it, and nothing else: no module, no file, no network, no clock.
//! What it may use is counted: memory, stack, and steps, which end an endless loop and a regular expression that goes
//! back and forth alike; a clock is looked at last, for what the engine does in one piece. Names are not looked up: every
//! name is unknown, the client is on the loopback, it is one moment for ever, and that an answer came of that is told.
//!
//! Requests share a script as they share it in a browser, so one that keeps a state may answer by it.

mod engine;
mod helpers;
#[cfg(test)]
mod tests;
mod traps;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::super::{Place, Trouble, TroubleKind};
use super::directions::Direction;
use crate::model::{Host, Request, Scheme};

/// What a script may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Octets of a script.
    pub script: usize,
    /// Octets of memory for all that it holds.
    pub memory: usize,
    /// Octets of stack.
    pub stack: usize,
    /// Steps to load it, in units of 10,000 calls, turns of a loop or turns of a regular expression.
    pub loading: u32,
    /// Steps to answer one request, in the same units.
    pub answering: u32,
    /// Octets of an answer.
    pub answer: usize,
    /// How long anything may take that the engine does in one piece.
    pub patience: Duration,
    /// How long all answers may take together.
    pub whole: Duration,
}

impl Default for Limits {
    /// Enough for lists of 100,000 lines, and seconds at the most for a script that means ill.
    fn default() -> Self {
        Self {
            script: 8 << 20,
            memory: 128 << 20,
            stack: 4 << 20,
            loading: 2_000,
            answering: 1_000,
            answer: 64 << 10,
            patience: Duration::from_secs(20),
            whole: Duration::from_secs(60),
        }
    }
}

/// What an answer depends on beside the request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Use {
    /// Which address a name has; none has one here.
    Dns,
    /// The address of the client; here 127.0.0.1, as in a browser that does not find it out.
    OwnAddress,
    /// The time; here it is noon of 1 January 2020, UTC, and in no range that is asked for.
    Clock,
    /// Chance; here always one half.
    Random,
    /// Functions that Chromium and Windows have; in Firefox the script stops there.
    Microsoft,
}

/// What a script answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// As the script said it.
    pub text: String,
    /// The ways that it names, in order, those included that no browser knows.
    pub directions: Vec<Direction>,
    /// What it depends on beside the request.
    pub uses: BTreeSet<Use>,
}

impl Answer {
    /// The ways that browsers try: what they do not know is passed over, and where nothing is left they connect directly.
    pub fn tried(&self) -> Vec<Direction> {
        let is_known = |own: &&Direction| !matches!(own, Direction::Unknown(_));
        let known: Vec<Direction> = self.directions.iter().filter(is_known).cloned().collect();
        if known.is_empty() { vec![Direction::Direct] } else { known }
    }
}

/// Why a script gives no answer. Chromium and Firefox connect directly where it stops or answers no text. Run on
/// 2026-11-24.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ScriptError {
    /// So large that nothing looks at it.
    #[error("script of {bytes} bytes, over {limit}")]
    TooLarge {
        /// Octets of the script.
        bytes: usize,
        /// Octets that a script may have.
        limit: usize,
    },
    /// It is no program, or stops while it is loaded.
    #[error("the script does not load, so that browsers connect directly: {why}")]
    DoesNotLoad {
        /// The line, from 1; 0 where it is not known.
        line: u32,
        /// What the engine says.
        why: String,
    },
    /// Nothing in it for a browser to call.
    #[error("there is no function FindProxyForURL, so that browsers connect directly")]
    NoFunction,
    /// It stopped.
    #[error("the script stops: {why}")]
    Threw {
        /// The line, from 1; 0 where it is not known.
        line: u32,
        /// What the engine says.
        why: String,
    },
    /// It answered something else than a text.
    #[error("the answer is no text: {what}")]
    NotText {
        /// What it is.
        what: &'static str,
    },
    /// It answered a text that nobody would read.
    #[error("an answer of {bytes} bytes, over {limit}")]
    TooLong {
        /// Octets of the answer.
        bytes: usize,
        /// Octets that an answer may have.
        limit: usize,
    },
    /// It took more steps than allowed.
    #[error("the script takes too many steps")]
    TooManySteps,
    /// It took more memory than allowed.
    #[error("the script takes too much memory")]
    TooMuchMemory,
    /// The engine did not come back; it is left alone, and answers nothing more.
    #[error("the script takes too long")]
    TooSlow,
    /// All answers together took too long; no more is asked.
    #[error("the script took {} seconds for what it was asked so far, so that the rest is not asked", .0.as_secs())]
    Exhausted(Duration),
    /// The engine does not work.
    #[error("the script engine fails: {why}")]
    Engine {
        /// What happened.
        why: String,
    },
}

impl ScriptError {
    /// The same about a file.
    pub fn trouble(&self, file: &Arc<str>) -> Trouble {
        let line = match self {
            Self::DoesNotLoad { line, .. } | Self::Threw { line, .. } => *line,
            _ => 0,
        };
        Trouble::new(Place::new(file, line), TroubleKind::Refused, self.to_string())
    }
}

/// A script that was loaded.
#[derive(Debug)]
pub struct Script {
    troubles: Vec<Trouble>,
    questions: Sender<Question>,
    answers: Receiver<Result<Answer, ScriptError>>,
    limits: Limits,
    /// How long the answers took so far.
    spent: Cell<Duration>,
    /// Whether the engine did not come back.
    stuck: Cell<bool>,
}

/// URL and host as a browser gives them.
struct Question {
    url: String,
    host: String,
}

impl Script {
    /// Loads the script of a file.
    pub fn load(file: &Arc<str>, bytes: &[u8], limits: Limits) -> Result<Self, ScriptError> {
        if bytes.len() > limits.script {
            return Err(ScriptError::TooLarge { bytes: bytes.len(), limit: limits.script });
        }
        let text = traps::text(bytes).into_owned();
        let troubles = traps::troubles(file, bytes, &text);
        let (questions, asked) = channel();
        let (answer, answers) = channel();
        // Left alone where the engine does not come back.
        thread::Builder::new()
            .name("pac".to_owned())
            .stack_size(limits.stack + engine::STACK_OF_OUR_OWN)
            .spawn(move || engine::serve(&text, limits, &asked, &answer))
            .map_err(|error| ScriptError::Engine { why: error.to_string() })?;
        let (spent, stuck) = (Cell::default(), Cell::default());
        let script = Self { troubles, questions, answers, limits, spent, stuck };
        script.next()?;
        Ok(script)
    }

    /// What browsers take otherwise than it seems, as far as the text shows it.
    pub fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// What the script answers to a request, asked as browsers ask: over HTTPS without the path.
    pub fn answer(&self, request: &Request) -> Result<Answer, ScriptError> {
        if self.stuck.get() {
            return Err(ScriptError::TooSlow);
        }
        if self.spent.get() > self.limits.whole {
            return Err(ScriptError::Exhausted(self.limits.whole));
        }
        let url = match request.scheme {
            Scheme::Http => request.to_string(),
            Scheme::Https => Request { path: "/".to_owned(), ..request.clone() }.to_string(),
        };
        let host = match &request.host {
            Host::Name(name) => name.to_string(),
            Host::Address(address) => address.to_string(),
        };
        // Where nobody takes it, nobody answers.
        let _ = self.questions.send(Question { url, host });
        let start = Instant::now();
        let answer = self.next();
        self.spent.set(self.spent.get() + start.elapsed());
        answer
    }

    fn next(&self) -> Result<Answer, ScriptError> {
        self.answers.recv_timeout(self.limits.patience).unwrap_or_else(|error| {
            self.stuck.set(true);
            Err(match error {
                RecvTimeoutError::Timeout => ScriptError::TooSlow,
                RecvTimeoutError::Disconnected => ScriptError::Engine { why: "it is gone".to_owned() },
            })
        })
    }
}
