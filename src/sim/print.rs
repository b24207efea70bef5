//! A scenario as it would be written: for what random callers and `--explore` found, and for lines that failed.
//!
//! What is printed reads back as the same scenario; a test holds the two together.

use std::fmt::Write as _;
use std::time::Duration;

use super::fields::ending_name;
use super::scenario::{Agents, Cells, Line, Outside, Scenario, What, World};
use crate::secret::Key;
use crate::value::Value;

impl Scenario {
    /// As a part of a scenario file, below `scenarios:`.
    #[must_use]
    pub fn yaml(&self) -> String {
        let mut out = format!("  {}:\n", quoted(&self.name.value));
        for (field, value) in self.world.fields() {
            // Writing into a `String` cannot fail.
            let space = if value.starts_with('\n') { "" } else { " " };
            let _ = writeln!(out, "    {field}:{space}{value}");
        }
        out.push_str("    talk:\n");
        let mut lines = self.talk.iter().peekable();
        while let Some(line) = lines.next() {
            // Prompts heard one after the other are one line.
            let mut heard = Vec::new();
            if let What::Hears(first) = &line.what {
                heard.push(quoted(first));
                while let Some(Line { what: What::Hears(next), .. }) = lines.peek() {
                    heard.push(quoted(next));
                    lines.next();
                }
            }
            let _ = match heard.as_slice() {
                [] | [_] => writeln!(out, "      - {}", line.what.yaml()),
                many => writeln!(out, "      - hears: [{}]", many.join(", ")),
            };
        }
        out
    }
}

impl World {
    /// Each field that is not as it would be unwritten, as written.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let ordinary = Self::ordinary();
        // Every field is named here, so that a new one cannot be forgotten.
        let Self {
            caller,
            caller_name,
            called,
            calls_before,
            language,
            at,
            answers,
            fails,
            wrong_before,
            slow,
            calendars,
            agents,
            outside,
            disk_full,
        } = self;
        let mut fields = Vec::new();
        fields.extend(caller.iter().map(|it| ("caller", text(it))));
        fields.extend(caller_name.iter().map(|it| ("caller_name", text(it))));
        if *called != ordinary.called {
            fields.push(("called", text(called)));
        }
        if *calls_before != 0 {
            fields.push(("calls_before", calls_before.to_string()));
        }
        fields.extend(language.iter().map(|it| ("language", quoted(it))));
        if *at != ordinary.at {
            fields.push(("at", text(&at.to_string())));
        }
        let map = |entries: Vec<String>| format!("{{ {} }}", entries.join(", "));
        if !calendars.is_empty() {
            let each =
                calendars.iter().map(|(name, is)| format!("{}: {}", quoted(name), quoted(is)));
            fields.push(("calendars", map(each.collect())));
        }
        if let Some(who) = match agents {
            Agents::None => None,
            Agents::Full => Some("full".to_owned()),
            Agents::Busy => Some("busy".to_owned()),
            Agents::Fails => Some("fails".to_owned()),
            Agents::Free(id) => Some(text(id)),
        } {
            fields.push(("agents", who));
        }
        if let Some(how) = match outside {
            Outside::Answers => None,
            Outside::Busy => Some("busy"),
            Outside::NoAnswer => Some("no_answer"),
            Outside::Declines => Some("declines"),
            Outside::Fails => Some("fails"),
        } {
            fields.push(("outside", how.to_owned()));
        }
        if *disk_full {
            fields.push(("disk", "full".to_owned()));
        }
        if !fails.is_empty() {
            let names: Vec<_> = fails.iter().map(|it| quoted(it)).collect();
            fields.push(("fails", format!("[{}]", names.join(", "))));
        }
        if !wrong_before.is_empty() {
            let each =
                wrong_before.iter().map(|(account, tries)| format!("{}: {tries}", text(account)));
            fields.push(("wrong_before", map(each.collect())));
        }
        if !slow.is_empty() {
            let each =
                slow.iter().map(|(name, takes)| format!("{}: {}", quoted(name), length(*takes)));
            fields.push(("slow", map(each.collect())));
        }
        if !answers.is_empty() {
            let mut table = String::new();
            for (lookup, rows) in answers {
                let _ = write!(table, "\n      {}:", quoted(lookup));
                if rows.is_empty() {
                    table.push_str(" []");
                }
                for row in rows {
                    let _ = write!(table, "\n        - {}", cells(row));
                }
            }
            fields.push(("answers", table));
        }
        fields
    }
}

impl What {
    /// One line of the talk, without its dash.
    #[must_use]
    pub fn yaml(&self) -> String {
        let lookups = |names: &[crate::flow::model::Name]| {
            let names: Vec<_> = names.iter().map(|it| quoted(it)).collect();
            format!("[{}]", names.join(", "))
        };
        match self {
            Self::Hears(prompt) => format!("hears: {}", quoted(prompt)),
            Self::HearsLater(prompt) => format!("hears_later: {}", quoted(prompt)),
            Self::Says(said) => format!("says: {}", quoted(said)),
            Self::HearsOut => "hears_out".to_owned(),
            Self::HearsNothing(time) => format!("hears_nothing: {}", length(*time)),
            Self::Keys(keys) => {
                let keys: String = keys.iter().copied().map(Key::symbol).collect();
                format!("keys: \"{keys}\"")
            }
            Self::Waits(time) => format!("waits: {}", length(*time)),
            Self::HangsUp => "hangs_up".to_owned(),
            Self::Reaches(step) => format!("reaches: {}", quoted(step)),
            Self::Place { ahead, wait: None } => format!("place: {ahead}"),
            Self::Place { ahead, wait: Some(wait) } => {
                format!("place: {{ ahead: {ahead}, wait: {} }}", length(*wait))
            }
            Self::Rings(agent) => format!("rings: {}", text(agent)),
            Self::RingsOut => "rings_out".to_owned(),
            Self::Answers(agent) => format!("answers: {}", text(agent)),
            Self::AgentLeaves => "agent_leaves".to_owned(),
            Self::OtherLeaves => "other_leaves".to_owned(),
            Self::Talks(time) => format!("talks: {}", length(*time)),
            Self::Silent => "silent".to_owned(),
            Self::Recorded(true) => "recorded".to_owned(),
            Self::Recorded(false) => "recorded: nothing".to_owned(),
            Self::Fails(names) => format!("fails: {}", lookups(names)),
            Self::Works(names) => format!("works: {}", lookups(names)),
            Self::AgentSees(pairs) => {
                let each = pairs.iter();
                let each =
                    each.map(|(name, it)| format!("{}: {}", quoted(&name.value), text(&it.value)));
                format!("agent_sees: {{ {} }}", each.collect::<Vec<_>>().join(", "))
            }
            Self::Leaves(leaving, pairs) => {
                let each = pairs.iter();
                let each =
                    each.map(|(name, it)| format!("{}: {}", quoted(&name.value), text(&it.value)));
                format!("{}: {{ {} }}", leaving.line(), each.collect::<Vec<_>>().join(", "))
            }
            Self::AllIsWell => "all_is_well".to_owned(),
            Self::Ends(ending) => format!("ends: {}", ending_name(*ending)),
        }
    }
}

fn cells(row: &Cells) -> String {
    let each =
        row.iter().map(|(column, cell)| format!("{}: {}", quoted(column), text(&cell.value)));
    format!("{{ {} }}", each.collect::<Vec<_>>().join(", "))
}

fn length(time: Duration) -> String {
    // Milliseconds at the finest, as people write it.
    Value::Duration(time).to_string()
}

/// A value: figures are quoted, so that nobody asks whether a leading zero counts.
fn text(it: &str) -> String {
    if it.bytes().all(|byte| byte.is_ascii_digit()) { format!("\"{it}\"") } else { quoted(it) }
}

/// Plain where YAML reads it as the same text, else in quotes.
fn quoted(it: &str) -> String {
    let plain = |letter: char| {
        letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | ' ' | '/' | '+')
    };
    let begins = it.chars().next().is_some_and(char::is_alphanumeric);
    let fits = begins && it.chars().all(plain) && !it.ends_with(' ') && it != "null";
    if fits { it.to_owned() } else { serde_json::to_string(it).unwrap_or_default() }
}
