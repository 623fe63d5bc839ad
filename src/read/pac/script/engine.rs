//! QuickJS, in a thread of its own.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender};

use rquickjs::context::{EvalOptions, intrinsic};
use rquickjs::{Context, Ctx, Error, Function, Runtime, Value};

use super::super::directions::directions;
use super::{Answer, Limits, Question, ScriptError, Use, helpers};

/// Octets of stack beside what the script may use: ours, and what the engine uses between two looks at its own.
pub(super) const STACK_OF_OUR_OWN: usize = 1 << 20;

/// What a script finds beside the language: nothing that tells the time or when memory is freed.
type Language = (
    intrinsic::Date,
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
);

/// Loads a script, says so by an empty answer, and answers until nobody asks any more.
pub(super) fn serve(
    text: &str,
    limits: Limits,
    questions: &Receiver<Question>,
    answers: &Sender<Result<Answer, ScriptError>>,
) {
    let engine = match Engine::load(text, limits) {
        Ok(engine) => engine,
        Err(error) => {
            // Whoever asked may be gone.
            let _ = answers.send(Err(error));
            return;
        }
    };
    let ready = Answer { text: String::new(), directions: Vec::new(), uses: BTreeSet::new() };
    let mut next = Ok(ready);
    while answers.send(next).is_ok() {
        let Ok(question) = questions.recv() else { return };
        next = engine.answer(&question);
    }
}

struct Engine {
    context: Context,
    steps: Rc<Steps>,
    uses: Rc<RefCell<BTreeSet<Use>>>,
    limits: Limits,
}

/// How many steps are left.
#[derive(Default)]
struct Steps {
    left: Cell<u32>,
    ended: Cell<bool>,
}

impl Steps {
    fn allow(&self, steps: u32) {
        self.left.set(steps);
        self.ended.set(false);
    }

    /// One more; true where that was the last.
    fn take(&self) -> bool {
        let left = self.left.get().saturating_sub(1);
        self.left.set(left);
        self.ended.set(left == 0);
        left == 0
    }
}

impl Engine {
    fn load(text: &str, limits: Limits) -> Result<Self, ScriptError> {
        let own = |error: Error| ScriptError::Engine { why: error.to_string() };
        let runtime = Runtime::new().map_err(own)?;
        runtime.set_memory_limit(limits.memory);
        runtime.set_max_stack_size(limits.stack);
        let steps = Rc::new(Steps::default());
        steps.allow(limits.loading);
        let taken = Rc::clone(&steps);
        runtime.set_interrupt_handler(Some(Box::new(move || taken.take())));
        let context = Context::custom::<Language>(&runtime).map_err(own)?;
        let engine = Self { context, steps, uses: Rc::default(), limits };
        engine.context.with(|cx| {
            helpers::define(&cx, &engine.uses).map_err(own)?;
            let mut options = EvalOptions::default();
            options.strict = false;
            options.filename = Some(FILE.to_owned());
            cx.eval_with_options::<Value<'_>, _>(text, options).map_err(|error| {
                engine.why(&cx, &error, |line, why| ScriptError::DoesNotLoad { line, why })
            })?;
            engine.function(&cx).map(|_| ())
        })?;
        engine.uses.borrow_mut().clear();
        Ok(engine)
    }

    fn answer(&self, question: &Question) -> Result<Answer, ScriptError> {
        self.steps.allow(self.limits.answering);
        self.uses.borrow_mut().clear();
        let text = self.context.with(|cx| {
            let function = self.function(&cx)?;
            let called = function.call::<_, Value<'_>>((&*question.url, &*question.host));
            let value = called
                .map_err(|error| self.why(&cx, &error, |line, why| ScriptError::Threw { line, why }))?;
            let kind = value.type_of();
            let Some(text) = value.into_string() else {
                return Err(ScriptError::NotText { what: kind.as_str() });
            };
            text.to_string().map_err(|_| ScriptError::NotText { what: "half of a character" })
        })?;
        if text.len() > self.limits.answer {
            return Err(ScriptError::TooLong { bytes: text.len(), limit: self.limits.answer });
        }
        Ok(Answer { directions: directions(&text), text, uses: self.uses.take() })
    }

    /// What a browser calls: a property of the global object, and so nothing that `const` or `let` makes.
    fn function<'js>(&self, cx: &Ctx<'js>) -> Result<Function<'js>, ScriptError> {
        let value = cx.globals().get::<_, Value<'js>>("FindProxyForURL");
        let value =
            value.map_err(|error| self.why(cx, &error, |line, why| ScriptError::Threw { line, why }))?;
        value.into_function().ok_or(ScriptError::NoFunction)
    }

    /// Why the engine gave up.
    fn why(&self, cx: &Ctx<'_>, error: &Error, other: fn(u32, String) -> ScriptError) -> ScriptError {
        let thrown = cx.catch();
        if self.steps.ended.get() {
            return ScriptError::TooManySteps;
        }
        match error {
            Error::Exception => {}
            Error::Allocation => return ScriptError::TooMuchMemory,
            error => return other(0, error.to_string()),
        }
        let Some(exception) = thrown.as_exception() else {
            // What was thrown is not asked for its text: it may be anything.
            return other(0, format!("it throws a value of type {}", thrown.type_name()));
        };
        let message = exception.message().unwrap_or_default();
        if self.steps.ended.get() {
            return ScriptError::TooManySteps;
        }
        if message == "out of memory" {
            return ScriptError::TooMuchMemory;
        }
        let line = exception.stack().as_deref().and_then(line_in).unwrap_or(0);
        other(line, first_line(&message))
    }
}

/// What the engine calls the script in its messages.
const FILE: &str = "the script";

/// The first line of the script that a trace names: `… (the script:12:3)`.
fn line_in(trace: &str) -> Option<u32> {
    let (_, rest) = trace.split_once(FILE)?;
    let digits = rest.strip_prefix(':')?;
    digits.split(|own: char| !own.is_ascii_digit()).next()?.parse().ok()
}

/// A message for one line of ours, and not a long one.
fn first_line(message: &str) -> String {
    message.chars().map(|own| if own.is_control() { ' ' } else { own }).take(200).collect()
}
