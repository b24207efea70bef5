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
use crate::speech::{Reading, Utterance};
use crate::time::Mono;
use crate::value::{Type, Value};

/// What a call knows, but what changes by itself.
pub(super) struct Values {
    /// Of the flow under way.
    pub(super) own: Own,
    caller_number: Option<Value>,
    caller_name: Option<Value>,
    called_number: Value,
    call_id: Value,
    waited: Option<Value>,
    /// The last case's number and deadline.
    pub(super) case: Option<(Value, Value)>,
}

/// The variables of one flow by their names. As many as the flow has.
#[derive(Default)]
pub(super) struct Own {
    keyed: IndexMap<Name, Value>,
    /// `order.status`: the answer of the lookup, or what the flow gave, before the dot.
    rows: IndexMap<Name, Arc<Row>>,
}

impl Own {
    /// What was keyed and set, in that order.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.keyed.iter()
    }

    /// Only these variables.
    pub(super) fn of(keyed: IndexMap<Name, Value>) -> Self {
        Self { keyed, rows: IndexMap::new() }
    }

    /// Those of `names` that are set.
    pub(super) fn some<'n>(&self, names: impl Iterator<Item = &'n Name>) -> Row {
        names.filter_map(|name| Some((name.clone(), self.keyed.get(name)?.clone()))).collect()
    }

    /// As text, for those who compare calls: secrets are stars.
    pub(super) fn known(&self) -> String {
        let mut known = String::new();
        for (name, value) in &self.keyed {
            // Writing into a `String` cannot fail.
            let _ = write!(known, "{name}={value} ");
        }
        for (of, row) in &self.rows {
            for (column, value) in row.iter() {
                let _ = write!(known, "{of}.{column}={value} ");
            }
        }
        known
    }

    fn kept(&self, name: &str) -> Option<&Value> {
        let row = || {
            let (of, column) = name.split_once('.')?;
            self.rows.get(of)?.get(column)
        };
        self.keyed.get(name).or_else(row)
    }
}

impl Values {
    pub(super) fn new(start: &Start) -> Self {
        Self {
            own: Own::default(),
            caller_number: start.caller_number.as_deref().and_then(|it| Type::Phone.read(it).ok()),
            caller_name: start.caller_name.clone().map(Value::Text),
            called_number: Value::Phone(Arc::clone(&start.called)),
            call_id: Value::Text(Arc::clone(&start.call)),
            waited: None,
            case: None,
        }
    }

    pub(super) fn set(&mut self, name: &Name, value: Value) {
        self.own.keyed.insert(name.clone(), value);
    }

    pub(super) fn unset(&mut self, name: &Name) {
        self.own.keyed.swap_remove(name);
    }

    pub(super) fn found(&mut self, lookup: Name, row: Arc<Row>) {
        self.own.rows.insert(lookup, row);
    }

    pub(super) fn forget(&mut self, lookup: &Name) {
        self.own.rows.swap_remove(lookup);
    }

    pub(super) fn waited(&mut self, took: Duration) {
        self.waited = Some(Value::Duration(took));
    }
}

impl Machine {
    /// What the call knows in the flow under way and in those that wait for it, as text, for those who compare calls:
    /// secrets are stars.
    #[must_use]
    pub fn known(&self) -> String {
        let mut known = self.values.own.known();
        for frame in &self.frames {
            // Writing into a `String` cannot fail.
            let _ = write!(known, "| {}", frame.known());
        }
        if let Some(verified) = &self.verified {
            let _ = write!(known, "| verified {}", verified.account);
        }
        if let Some((number, _)) = &self.values.case {
            let _ = write!(known, "| case {number}");
        }
        known
    }

    /// The value that `name` has in a flow whose variables are `own`, as it is, but for what changes by itself.
    pub(super) fn kept<'v>(&'v self, own: &'v Own, name: &str) -> Option<&'v Value> {
        let values = &self.values;
        if let Some(value) = own.kept(name) {
            return Some(value);
        }
        match name {
            "caller.number" => values.caller_number.as_ref(),
            "caller.name" => values.caller_name.as_ref(),
            "called.number" => Some(&values.called_number),
            "call.id" => Some(&values.call_id),
            "queue.waited" => values.waited.as_ref(),
            "case.number" => values.case.as_ref().map(|(number, _)| number),
            "case.promised" => values.case.as_ref().map(|(_, promised)| promised),
            _ => None,
        }
    }

    /// The value of `name` as words and conditions may see it. Of a secret they see how long it is, so that no decision
    /// depends on what a stored call does not tell.
    fn seen(&self, now: Mono, name: &str) -> Option<Value> {
        self.seen_in(now, &self.values.own, name)
    }

    /// The same in a flow whose variables are `own`.
    fn seen_in(&self, now: Mono, own: &Own, name: &str) -> Option<Value> {
        let Some(value) = self.kept(own, name) else {
            return match name {
                "language" => Some(Value::Choice(self.language.clone())),
                "caller.verified" => Some(Value::YesNo(self.verified.is_some())),
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
            | Value::Percent(_)
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

    /// For a screen: the value of `expr` as text, if it has one in a flow whose variables are `own`.
    pub(super) fn show(&self, now: Mono, own: &Own, expr: &Expr) -> Option<String> {
        expr.evaluate(&|name| self.seen_in(now, own, name)).ok().map(|value| value.to_string())
    }

    /// The value of `expr`. A secret passes through whole, but only where it stands alone.
    pub(super) fn value(&self, now: Mono, expr: &Expr) -> Result<Value, Stuck> {
        if let ExprKind::Name(name) = &expr.kind
            && let Some(value) = self.kept(&self.values.own, name)
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
            | Value::Percent(_)
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

    /// Begins to speak `prompt` louder or quieter than recorded.
    pub(super) fn speak_at(
        &mut self,
        now: Mono,
        prompt: &Name,
        volume_db: i8,
        interrupt: bool,
        out: &mut Vec<Command>,
    ) -> Result<Ticket, Stuck> {
        let ticket = self.speak(now, prompt, interrupt, out)?;
        if let Some(Command::Play(play)) = out.last_mut() {
            play.volume_db = volume_db;
        }
        Ok(ticket)
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

    /// Begins to speak `value`, as `reading` wants it.
    pub(super) fn speak_value(
        &mut self,
        now: Mono,
        value: &Value,
        reading: Reading<'_>,
        interrupt: bool,
        out: &mut Vec<Command>,
    ) -> Result<Ticket, Stuck> {
        let speechless = || Stuck::Speechless { prompt: "say".into() };
        let catalogue = self.setting.catalogues.get(&self.language).ok_or_else(speechless)?;
        let today = self.wall(now).date();
        let utterance = catalogue.say(value, reading, today).map_err(|_| speechless())?;
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
        out.push(Command::Play(Play { ticket, prompt, utterance, volume_db: 0, interrupt }));
        ticket
    }
}
