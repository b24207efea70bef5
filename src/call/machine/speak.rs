//! What a call knows, and what it says.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;

use super::super::events::{Command, Play, Row, Stuck, Ticket};
use super::super::journey::What;
use super::super::setting::Start;
use super::Machine;
use crate::flow::expr::{Expr, ExprKind};
use crate::flow::model::Name;
use crate::secret::Secret;
use crate::speech::Utterance;
use crate::time::Mono;
use crate::value::{Type, Value};

/// The variables of a call by their full names, but those that change by themselves. As many as the flow names.
pub(super) struct Values {
    keyed: IndexMap<Name, Value>,
    /// `order.status`: the answer of the lookup before the dot.
    rows: IndexMap<Name, Arc<Row>>,
    caller_number: Option<Value>,
    caller_name: Option<Value>,
    called_number: Value,
    call_id: Value,
    waited: Option<Value>,
}

impl Values {
    pub(super) fn new(start: &Start) -> Self {
        Self {
            keyed: IndexMap::new(),
            rows: IndexMap::new(),
            caller_number: start.caller_number.as_deref().and_then(|it| Type::Phone.read(it).ok()),
            caller_name: start.caller_name.clone().map(Value::Text),
            called_number: Value::Phone(Arc::clone(&start.called)),
            call_id: Value::Text(Arc::clone(&start.call)),
            waited: None,
        }
    }

    pub(super) fn set(&mut self, name: &Name, value: Value) {
        self.keyed.insert(name.clone(), value);
    }

    pub(super) fn unset(&mut self, name: &Name) {
        self.keyed.swap_remove(name);
    }

    pub(super) fn found(&mut self, lookup: Name, row: Arc<Row>) {
        self.rows.insert(lookup, row);
    }

    pub(super) fn forget(&mut self, lookup: &Name) {
        self.rows.swap_remove(lookup);
    }

    pub(super) fn waited(&mut self, took: Duration) {
        self.waited = Some(Value::Duration(took));
    }
}

impl Machine {
    /// What the call knows, as text, for those who compare calls: secrets are stars.
    #[must_use]
    pub fn known(&self) -> String {
        let mut known = String::new();
        for (name, value) in &self.values.keyed {
            // Writing into a `String` cannot fail.
            let _ = write!(known, "{name}={value} ");
        }
        for (lookup, row) in &self.values.rows {
            for (column, value) in row.iter() {
                let _ = write!(known, "{lookup}.{column}={value} ");
            }
        }
        known
    }

    /// The value of `name` as it is, but for what changes by itself.
    fn kept(&self, name: &str) -> Option<&Value> {
        let values = &self.values;
        if let Some(value) = values.keyed.get(name) {
            return Some(value);
        }
        let (of, column) = name.split_once('.')?;
        if let Some(row) = values.rows.get(of) {
            return row.get(column);
        }
        match name {
            "caller.number" => values.caller_number.as_ref(),
            "caller.name" => values.caller_name.as_ref(),
            "called.number" => Some(&values.called_number),
            "call.id" => Some(&values.call_id),
            "queue.waited" => values.waited.as_ref(),
            _ => None,
        }
    }

    /// The value of `name` as words and conditions may see it. Of a secret they see how long it is, so that no decision
    /// depends on what a stored call does not tell.
    fn seen(&self, now: Mono, name: &str) -> Option<Value> {
        let Some(value) = self.kept(name) else {
            return match name {
                "language" => Some(Value::Choice(self.language.clone())),
                "today" => Some(Value::Date(self.wall(now).date())),
                "now" => Some(Value::Time(self.wall(now).time())),
                _ => None,
            };
        };
        Some(match value {
            Value::Secret(secret) => {
                Value::Secret(Secret::new("*".repeat(secret.expose().chars().count()).into()))
            }
            Value::Text(_)
            | Value::Digits(_)
            | Value::Number(_)
            | Value::Money(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::DateTime(_)
            | Value::Duration(_)
            | Value::YesNo(_)
            | Value::Choice(_)
            | Value::Phone(_)
            | Value::Recording(_) => value.clone(),
        })
    }

    /// For a screen: the value of `expr` as text, if it has one.
    pub(super) fn show(&self, now: Mono, expr: &Expr) -> Option<String> {
        expr.evaluate(&|name| self.seen(now, name)).ok().map(|value| value.to_string())
    }

    /// The value of `expr`. A secret passes through whole, but only where it stands alone.
    pub(super) fn value(&self, now: Mono, expr: &Expr) -> Result<Value, Stuck> {
        if let ExprKind::Name(name) = &expr.kind
            && let Some(value) = self.kept(name)
        {
            return Ok(value.clone());
        }
        expr.evaluate(&|name| self.seen(now, name))
            .map_err(|_| Stuck::NoValue { step: self.step_name() })
    }

    pub(super) fn truth(&self, now: Mono, expr: &Expr) -> Result<bool, Stuck> {
        match self.value(now, expr)? {
            Value::YesNo(truth) => Ok(truth),
            Value::Text(_)
            | Value::Digits(_)
            | Value::Number(_)
            | Value::Money(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::DateTime(_)
            | Value::Duration(_)
            | Value::Choice(_)
            | Value::Phone(_)
            | Value::Secret(_)
            | Value::Recording(_) => Err(Stuck::NoValue { step: self.step_name() }),
        }
    }

    /// Whether the catalogue has a prompt called `name`.
    pub(super) fn can_speak(&self, name: &Name) -> bool {
        let catalogue = self.setting.catalogues.get(&self.language);
        catalogue.is_some_and(|it| it.prompt(name).is_some())
    }

    /// Begins to speak `prompt`.
    pub(super) fn speak(
        &mut self,
        now: Mono,
        prompt: &Name,
        interrupt: bool,
        out: &mut Vec<Command>,
    ) -> Result<Ticket, Stuck> {
        let utterance = self.words(now, prompt, &|name| self.seen(now, name))?;
        Ok(self.utter(now, Some(prompt.clone()), utterance, interrupt, out))
    }

    /// Begins to speak `prompt`, with a value for one name that is not kept under it yet.
    pub(super) fn speak_with(
        &mut self,
        now: Mono,
        prompt: &Name,
        (known, value): (&Name, &Value),
        interrupt: bool,
        out: &mut Vec<Command>,
    ) -> Result<Ticket, Stuck> {
        let utterance = self.words(now, prompt, &|name| {
            if name == &**known { Some(value.clone()) } else { self.seen(now, name) }
        })?;
        Ok(self.utter(now, Some(prompt.clone()), utterance, interrupt, out))
    }

    /// Begins to speak `value`, read as `kind`.
    pub(super) fn speak_value(
        &mut self,
        now: Mono,
        value: &Value,
        kind: Option<&Type>,
        interrupt: bool,
        out: &mut Vec<Command>,
    ) -> Result<Ticket, Stuck> {
        let speechless = || Stuck::Speechless { prompt: "say".into() };
        let catalogue = self.setting.catalogues.get(&self.language).ok_or_else(speechless)?;
        let today = self.wall(now).date();
        let utterance = catalogue.say(value, kind, today).map_err(|_| speechless())?;
        Ok(self.utter(now, None, utterance, interrupt, out))
    }

    /// The words of `prompt` with `values` in their places.
    pub(super) fn words(
        &self,
        now: Mono,
        prompt: &Name,
        values: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Utterance, Stuck> {
        let speechless = || Stuck::Speechless { prompt: prompt.clone() };
        let catalogue = self.setting.catalogues.get(&self.language).ok_or_else(speechless)?;
        let text = catalogue.prompt(prompt).ok_or_else(speechless)?;
        catalogue.speak(text, self.wall(now).date(), values).map_err(|_| speechless())
    }

    pub(super) fn utter(
        &mut self,
        now: Mono,
        prompt: Option<Name>,
        utterance: Utterance,
        interrupt: bool,
        out: &mut Vec<Command>,
    ) -> Ticket {
        // The next key may be the end key of the last entry: whoever stopped for it would be silent for good.
        let interrupt = interrupt && !self.keys.expects_tail();
        let ticket = self.ticket();
        let text: Arc<str> = utterance.text.as_str().into();
        // A tone has no words.
        if !text.is_empty() {
            self.note(now, What::Heard { prompt: prompt.clone(), text }, out);
        }
        let utterance = Arc::new(utterance);
        out.push(Command::Play(Play { ticket, prompt, utterance, interrupt }));
        ticket
    }
}
