//! Where a name comes from, where it is used, and what another name would change.

use super::files::{File, FileKind, Workspace};
use super::names::{Occurrence, SymbolKind};
use crate::diagnostic::Span;
use crate::flow::{is_exit_taken, is_kebab, is_snake};

/// A place and what is written there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where.
    pub span: Span,
    /// What.
    pub text: String,
}

/// Why a name stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unnameable {
    /// Nothing here can have another name.
    #[error("no step, prompt, lookup, column or variable stands here")]
    NoName,
    /// A name of hotline.yaml stands at places that are not looked through.
    #[error("a {0} gets its name in hotline.yaml, and other places there use it")]
    Operators(&'static str),
    /// The new name has the wrong form.
    #[error("write lower-case words joined by `{0}`")]
    Form(char),
    /// A flow is called what its file is.
    #[error(
        "a flow is called what its file is: rename the file, then its `flow` and each `run` of it"
    )]
    File,
    /// Something else is called so.
    #[error("`{0}` exists already")]
    Taken(String),
    /// A file that uses it cannot be read just now.
    #[error("{0} is no sound YAML at the moment")]
    Unreadable(String),
}

impl Workspace {
    /// Where the thing at byte `offset` of a file gets its name or its value.
    pub fn definitions(&mut self, path: &str, offset: usize) -> Vec<Span> {
        let all = self.uses(path, offset);
        let gives: Vec<_> = all.iter().filter(|it| it.gives).collect();
        // The first `set` or `ask` of a variable is what gives it its type.
        let variable = gives.iter().any(|it| it.symbol.kind == SymbolKind::Variable);
        let count = if variable { 1 } else { gives.len() };
        gives.into_iter().take(count).map(|it| it.span).collect()
    }

    /// Every place where the thing at byte `offset` of a file is meant.
    pub fn references(&mut self, path: &str, offset: usize) -> Vec<Span> {
        self.uses(path, offset).into_iter().map(|it| it.span).collect()
    }

    fn uses(&mut self, path: &str, offset: usize) -> Vec<Occurrence> {
        self.read();
        let Some(file) = self.file(path) else { return Vec::new() };
        let Some(name) = self.name_at(file, offset) else { return Vec::new() };
        self.everywhere(&self.meant(&name))
    }

    /// The name at byte `offset` of a file that can be given another one.
    ///
    /// # Errors
    /// [`Unnameable`] if there is none.
    pub fn nameable(&mut self, path: &str, offset: usize) -> Result<Span, Unnameable> {
        self.read();
        let file = self.file(path).filter(|it| it.is_current()).ok_or(Unnameable::NoName)?;
        let name = self.name_at(file, offset).ok_or(Unnameable::NoName)?;
        // A placeholder means nothing by itself.
        let meant = self.meant(&name);
        match meant.first().ok_or(Unnameable::NoName)?.kind {
            SymbolKind::Step
            | SymbolKind::Prompt
            | SymbolKind::Variable
            | SymbolKind::Lookup
            | SymbolKind::Column
            | SymbolKind::Parameter
            | SymbolKind::Exit => {}
            SymbolKind::Flow => return Err(Unnameable::File),
            SymbolKind::Queue
            | SymbolKind::Calendar
            | SymbolKind::CaseKind
            | SymbolKind::Receiver
            | SymbolKind::Connector => {
                return Err(Unnameable::Operators(name.symbol.kind.called()));
            }
        }
        // Built-in names, words of a choice and what does not exist get their names nowhere.
        let all = self.everywhere(&meant);
        if all.iter().any(|it| it.gives) { Ok(name.span) } else { Err(Unnameable::NoName) }
    }

    /// What changes, in all files, when the thing at byte `offset` of a file is called `new`.
    ///
    /// A column is what the query calls it, so its query is left to the designer; so are a prompt's recordings.
    ///
    /// # Errors
    /// [`Unnameable`] if it cannot be called so.
    pub fn rename(
        &mut self,
        path: &str,
        offset: usize,
        new: &str,
    ) -> Result<Vec<Edit>, Unnameable> {
        self.nameable(path, offset)?;
        let file = self.file(path).ok_or(Unnameable::NoName)?;
        let name = self.name_at(file, offset).ok_or(Unnameable::NoName)?;
        let meant = self.meant(&name);
        let first = meant.first().ok_or(Unnameable::NoName)?;
        let kind = first.kind;
        let kebab = matches!(kind, SymbolKind::Step | SymbolKind::Prompt);
        let either = kind == SymbolKind::Exit && is_kebab(new);
        if kebab && !is_kebab(new) {
            return Err(Unnameable::Form('-'));
        }
        if !kebab && !is_snake(new) && !either {
            return Err(Unnameable::Form('_'));
        }
        let full = match first.name.split_once('.') {
            Some((lookup, _)) => format!("{lookup}.{new}"),
            None => new.to_owned(),
        };
        // `:once` is an idempotency key.
        let once = kind == SymbolKind::Parameter && new == "once";
        if once || kind == SymbolKind::Exit && is_exit_taken(new) {
            return Err(Unnameable::Taken(full));
        }
        let others =
            meant.iter().map(|it| super::Symbol { name: full.as_str().into(), ..it.clone() });
        let others: Vec<_> = others.collect();
        if self.everywhere(&others).iter().any(|it| it.gives) {
            return Err(Unnameable::Taken(full));
        }
        let broken = self.files().find(|it| {
            // A flow that runs the one in which the name changes has it, and so have its scenarios.
            let runs = |id| {
                self.get(id).map(File::called).is_some_and(|name| {
                    let run = it.text.contains(&format!("run: {name}"));
                    run || it.text.contains(&format!("{name}/"))
                })
            };
            let matters = kind == SymbolKind::Prompt
                || meant.iter().filter_map(|it| it.flow).any(runs)
                || it.kind == FileKind::Catalogue
                || self
                    .flow_of(it)
                    .is_some_and(|flow| meant.iter().any(|it| it.flow == Some(flow.id)));
            matters && it.kind != FileKind::Config && !it.is_current()
        });
        if let Some(broken) = broken {
            return Err(Unnameable::Unreadable(broken.path.to_string()));
        }
        let all = self.everywhere(&meant).into_iter();
        Ok(all.map(|it| Edit { span: it.span, text: new.to_owned() }).collect())
    }
}
