//! What `test` and `try` need of the disk: the configuration, flows, and the words that they speak.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{self, Config};
use crate::diagnostic::{Diagnostic, FileId, Level, Sources};
use crate::flow::{Program, PromptFacts, Prompts, Slot, World};
use crate::speech::{Catalogue, Catalogues, readable_as};
use crate::value::Type;

/// Why a file cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct Unreadable {
    path: PathBuf,
    error: std::io::Error,
}

impl Unreadable {
    pub(super) fn new(path: &Path, error: std::io::Error) -> Self {
        Self { path: path.to_owned(), error }
    }
}

/// What flows are read and run with, the texts read so far and what is wrong with them.
pub struct Ground {
    /// The configuration.
    pub config: Config,
    /// The words of each language.
    pub catalogues: Arc<Catalogues>,
    /// The texts that findings point into.
    pub sources: Sources,
    /// What was found in them.
    pub found: Vec<Diagnostic>,
}

impl Ground {
    /// Reads the configuration and the catalogues that it names, relative to it. `None` comes with what is wrong, shown.
    ///
    /// # Errors
    /// If one of the files cannot be read.
    pub fn read(config: &Path) -> Result<Result<Self, (Sources, Vec<Diagnostic>)>, Unreadable> {
        let (mut sources, mut found) = (Sources::default(), Vec::new());
        let (file, text) = read(config, &mut sources)?;
        let (read, wrong) = config::read(file, &text, |_| {});
        found.extend(wrong);
        let Some(read) = read else { return Ok(Err((sources, found))) };
        let folder = config.parent().unwrap_or(Path::new("")).join(&read.prompts);
        let catalogues = catalogues(&folder, &mut sources, &mut found)?;
        let it = Self { config: read, catalogues: Arc::new(catalogues), sources, found };
        Ok(if it.is_broken() { Err((it.sources, it.found)) } else { Ok(it) })
    }

    /// Reads and proves a flow; what is wrong with it is added to what was found.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn flow(&mut self, path: &Path) -> Result<Option<Arc<Program>>, Unreadable> {
        let (file, text) = read(path, &mut self.sources)?;
        let words = Words(&self.catalogues);
        let config = &self.config;
        let served = |queue: &str| {
            let serves = |it: &config::Agent| it.queues.iter().any(|name| *name.value == *queue);
            config.agents.values().any(serves)
        };
        let queues = config.queues.keys().map(|name| (Arc::clone(name), served(name)));
        let world = World {
            prompts: &words,
            calendars: config.calendars.keys().cloned().collect(),
            queues: queues.collect(),
            connectors: config.connectors.keys().cloned().collect(),
            transfers: config.transfers.allow.clone(),
        };
        Ok(match Program::read(file, &text, &world) {
            Ok((program, found)) => {
                self.found.extend(found);
                Some(program)
            }
            Err(found) => {
                self.found.extend(found);
                None
            }
        })
    }

    /// Reads one more text.
    pub(super) fn text(&mut self, path: &Path) -> Result<(FileId, Arc<str>), Unreadable> {
        read(path, &mut self.sources)
    }

    /// Whether something found keeps the files from being used.
    pub(super) fn is_broken(&self) -> bool {
        self.found.iter().any(|it| it.level == Level::Error)
    }
}

fn read(path: &Path, sources: &mut Sources) -> Result<(FileId, Arc<str>), Unreadable> {
    let text: Arc<str> =
        std::fs::read_to_string(path).map_err(|error| Unreadable::new(path, error))?.into();
    let name: Arc<str> = path.display().to_string().into();
    Ok((sources.add(name, Arc::clone(&text)), text))
}

/// The catalogue of each language below `folder`: `<language>/catalog.yaml`, in the order of their names.
fn catalogues(
    folder: &Path,
    sources: &mut Sources,
    found: &mut Vec<Diagnostic>,
) -> Result<Catalogues, Unreadable> {
    let entries = std::fs::read_dir(folder).map_err(|error| Unreadable::new(folder, error))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path().join("catalog.yaml")))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let mut catalogues = Catalogues::new();
    for path in files {
        let (file, text) = read(&path, sources)?;
        let (catalogue, wrong) = Catalogue::parse(file, &text);
        found.extend(wrong);
        catalogues.extend(catalogue.map(|it| (it.lang().clone(), it)));
    }
    Ok(catalogues)
}

/// The catalogues as the checks see them.
struct Words<'a>(&'a Catalogues);

impl Prompts for Words<'_> {
    fn prompt(&self, lang: &str, name: &str) -> Option<PromptFacts<'_>> {
        let prompt = self.0.get(lang)?.prompt(name)?;
        let slot =
            |it: &crate::speech::Placeholder| Slot { path: it.path.clone(), kind: it.kind.clone() };
        Some(PromptFacts {
            text: &prompt.text.value,
            span: prompt.text.span,
            length: prompt.length,
            slots: prompt.placeholders().map(slot).collect(),
        })
    }

    fn names(&self) -> Vec<&str> {
        let prompts = self.0.values().flat_map(Catalogue::prompts);
        let mut names: Vec<&str> = prompts.map(|it| &*it.name.value).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn is_recorded(&self, lang: &str, word: &str) -> bool {
        self.0.get(lang).is_some_and(|it| it.word(word).is_some())
    }

    fn readable_as(&self, from: &Type, wanted: &Type) -> bool {
        readable_as(from, wanted)
    }
}
