//! What is told about the thing under the pointer, in Markdown.

use std::fmt::Write as _;

use super::files::{File, FileKind, Workspace};
use super::names::{Symbol, SymbolKind};
use crate::diagnostic::Span;
use crate::flow::builtin::builtin;
use crate::flow::reference::{Action, Field, Place, What};
use crate::value::Type;

/// What is told about a thing, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// In Markdown.
    pub says: String,
    /// What it is about.
    pub span: Span,
}

/// The most lines of a step or a queue that are shown.
const MAX_LINES: usize = 12;

impl SymbolKind {
    /// What such a thing is called.
    #[must_use]
    pub const fn called(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Prompt => "prompt",
            Self::Variable => "variable",
            Self::Lookup => "lookup",
            Self::Column => "column",
            Self::Parameter => "value that the lookup takes",
            Self::Flow => "flow",
            Self::Exit => "exit",
            Self::Queue => "queue",
            Self::Calendar => "calendar",
            Self::Connector => "connector",
            Self::CaseKind => "kind of case",
            Self::Receiver => "somebody to tell",
        }
    }
}

impl Workspace {
    /// What is told about byte `offset` of the file at `path`.
    pub fn hover(&mut self, path: &str, offset: usize) -> Option<Hover> {
        self.read();
        let file = self.file(path).filter(|it| it.is_current())?;
        let name = self.name_at(file, offset);
        let told = name.and_then(|it| {
            let symbol = self.meant(&it).into_iter().next()?;
            Some(Hover { says: self.about(&symbol)?, span: it.span })
        });
        told.or_else(|| {
            let within = |it: &&Place<'_>| {
                let span = it.node.span;
                (span.start as usize..=span.end as usize).contains(&offset) && span.start < span.end
            };
            let places = file.places();
            let place = places
                .iter()
                .filter(within)
                .min_by_key(|it| it.node.span.end - it.node.span.start)?;
            let says = match place.what {
                What::Action(Some(action), _) => of_action(action),
                What::Field(Some(field), _) => of_field(field),
                What::Value(shape) => shape.called(),
                What::Action(None, _) | What::Field(None, _) => return None,
            };
            Some(Hover { says, span: place.node.span })
        })
    }

    /// What is known of a name.
    pub(super) fn about(&self, symbol: &Symbol) -> Option<String> {
        let name = &symbol.name;
        let flow = symbol.flow.and_then(|id| self.get(id));
        match symbol.kind {
            SymbolKind::Prompt => self.words(name),
            SymbolKind::Step => {
                let says = excerpt(flow?, &["steps", name])?;
                Some(format!("step `{name}`\n\n```yaml\n{says}```"))
            }
            SymbolKind::Lookup => match excerpt(flow?, &["lookups", name]) {
                Some(says) => Some(format!("lookup `{name}`\n\n```yaml\n{says}```")),
                None => builtin(&flow?.flow()?.0, name).map(|_| format!("`{name}`")),
            },
            SymbolKind::Flow => told_of_flow(flow?),
            SymbolKind::Exit => Some(format!("exit `{name}` of the flow `{}`", flow?.called())),
            SymbolKind::Variable => {
                let (flow, types) = flow?.flow()?;
                if let Some(kind) = flow.takes.get(name) {
                    let what = format!("the flow `{}` takes", flow.name.value);
                    return Some(typed(&what, name, &kind.value, false));
                }
                if let Some(it) = flow.gives.get(name) {
                    let what = format!("the flow `{}` gives", flow.name.value);
                    return Some(typed(&what, name, &it.kind.value, it.optional));
                }
                match types.get(&**name) {
                    Some(kind) => Some(typed("variable", name, kind, false)),
                    None => builtin(flow, name)
                        .map(|(kind, may)| typed("of every flow:", name, &kind, may)),
                }
            }
            SymbolKind::Column => {
                let (flow, _) = flow?.flow()?;
                let (lookup, column) = name.split_once('.')?;
                match flow.lookups.get(lookup) {
                    Some(it) => {
                        let given = it.gives.get(column)?;
                        Some(typed("column", name, &given.kind.value, given.optional))
                    }
                    None => builtin(flow, name)
                        .map(|(kind, may)| typed("of every flow:", name, &kind, may)),
                }
            }
            SymbolKind::Parameter => {
                let (flow, _) = flow?.flow()?;
                let (lookup, parameter) = name.split_once('.')?;
                let kind = flow.lookups.get(lookup)?.takes.get(parameter)?;
                Some(typed(&format!("`{lookup}` takes"), parameter, &kind.value, false))
            }
            SymbolKind::Queue => self.setting("queues", symbol),
            SymbolKind::Calendar => self.setting("calendars", symbol),
            SymbolKind::CaseKind => self.setting("cases", symbol),
            // The settings of these two may have a password in them.
            SymbolKind::Connector => Some(format!("connector `{name}` of hotline.yaml")),
            SymbolKind::Receiver => Some(format!("`{name}` under `notify` of hotline.yaml")),
        }
    }

    /// A prompt's words in every language, and about how long they take.
    fn words(&self, name: &str) -> Option<String> {
        let mut says = format!("prompt `{name}`\n");
        let mut any = false;
        for catalogue in self.catalogues() {
            if let Some(prompt) = catalogue.prompt(name) {
                any = true;
                let seconds = prompt.length.as_secs_f32();
                // Writing into a `String` cannot fail.
                let _ = write!(
                    says,
                    "\n- **{}** {} ({seconds:.1} s)",
                    catalogue.lang(),
                    prompt.text.value
                );
            }
        }
        any.then_some(says)
    }

    /// What hotline.yaml says of a name.
    fn setting(&self, section: &str, symbol: &Symbol) -> Option<String> {
        let config = self.files().find(|it| it.kind == FileKind::Config)?;
        let says = excerpt(config, &[section, &symbol.name])?;
        Some(format!(
            "{} `{}` of hotline.yaml\n\n```yaml\n{says}```",
            symbol.kind.called(),
            symbol.name
        ))
    }
}

/// A flow as those see it that run it: its words about itself, what it takes and gives, its ways back.
fn told_of_flow(file: &File) -> Option<String> {
    let (flow, _) = file.flow()?;
    let mut says = format!("flow `{}`", file.called());
    // Writing into a `String` cannot fail.
    for (lang, title) in flow.title.iter() {
        let _ = write!(says, "\n- **{lang}** {title}");
    }
    for (name, kind) in &flow.takes {
        let _ = write!(says, "\n- takes `{name}`: {}", kind.value);
    }
    for (name, it) in &flow.gives {
        let _ = write!(says, "\n- {}", typed("gives", name, &it.kind.value, it.optional));
    }
    for exit in &flow.exits {
        let _ = write!(says, "\n- exit `{}`", exit.value);
    }
    let languages: Vec<_> = flow.languages.iter().map(|it| &*it.value).collect();
    let _ = write!(says, "\n- speaks {}", languages.join(", "));
    Some(says)
}

fn typed(what: &str, name: &str, kind: &Type, may_be_missing: bool) -> String {
    let may = if may_be_missing { ", may be missing" } else { "" };
    format!("{what} `{name}`: {kind}{may}")
}

/// The lines of one entry of a file, from its key to before the next, with at most [`MAX_LINES`].
fn excerpt(file: &File, path: &[&str]) -> Option<String> {
    let good = file.good()?;
    let [section, name] = path else { return None };
    let entries = good.tree.get(section)?.entries();
    let (key, _) = entries.iter().find(|(key, _)| key.text() == Some(name))?;
    let start = good.text.get(..key.span.start as usize)?.rfind('\n').map_or(0, |at| at + 1);
    let indent = key.span.start as usize - start;
    let mut says = String::new();
    for (at, line) in good.text.get(start..)?.lines().enumerate() {
        let own = line.len() - line.trim_start().len();
        if at > 0 && !line.trim().is_empty() && own <= indent {
            break;
        }
        if at == MAX_LINES {
            says.push_str("…\n");
            break;
        }
        says.push_str(line.get(indent.min(own)..).unwrap_or_default().trim_end());
        says.push('\n');
    }
    Some(format!("{}\n", says.trim_end()))
}

/// What the table says of an action.
pub(super) fn of_action(action: &Action) -> String {
    let fields: Vec<_> = action.fields().map(|it| format!("`{}`", it.name)).collect();
    let beside = match fields.as_slice() {
        [] => String::new(),
        fields => format!("\n\nBeside it: {}", fields.join(", ")),
    };
    format!("`{}: <{}>` {}{beside}", action.name, action.value.called(), action.says)
}

/// What the table says of a field.
pub(super) fn of_field(field: &Field) -> String {
    let unless = if field.must() {
        field.unless.to_owned()
    } else {
        format!("unless written: {}", field.unless)
    };
    format!("`{}: <{}>` {}\n\n{unless}", field.name, field.shape.called(), field.says)
}
