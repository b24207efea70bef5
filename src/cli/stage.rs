//! What `test` and `try` need of the disk: flows, the words that they speak, calendars.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{self, Config};
use crate::diagnostic::{Diagnostic, FileId, Level, Sources};
use crate::flow::model::Flow;
use crate::speech::{Catalogue, Catalogues};

/// Why a file cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub(super) struct Unreadable {
    path: PathBuf,
    error: std::io::Error,
}

impl Unreadable {
    pub(super) fn new(path: &Path, error: std::io::Error) -> Self {
        Self { path: path.to_owned(), error }
    }
}

/// The texts read so far and what is wrong with them.
#[derive(Default)]
pub(super) struct Desk {
    pub(super) sources: Sources,
    pub(super) found: Vec<Diagnostic>,
}

impl Desk {
    /// Reads a text and names it for findings.
    pub(super) fn read(&mut self, path: &Path) -> Result<(FileId, Arc<str>), Unreadable> {
        let text: Arc<str> =
            std::fs::read_to_string(path).map_err(|error| Unreadable::new(path, error))?.into();
        let name: Arc<str> = path.display().to_string().into();
        Ok((self.sources.add(name, Arc::clone(&text)), text))
    }

    pub(super) fn config(&mut self, path: &Path) -> Result<Option<Config>, Unreadable> {
        let (file, text) = self.read(path)?;
        let (config, found) = config::read(file, &text);
        self.found.extend(found);
        Ok(config)
    }

    pub(super) fn flow(&mut self, path: &Path) -> Result<Option<Flow>, Unreadable> {
        let (file, text) = self.read(path)?;
        let (flow, found) = crate::flow::parse(file, &text);
        let broken = found.iter().any(|it| it.level == Level::Error);
        self.found.extend(found);
        Ok(flow.filter(|_| !broken))
    }

    /// The catalogue of each language below `folder`: `<language>/catalog.yaml`, in the order of their names.
    pub(super) fn catalogues(&mut self, folder: &Path) -> Result<Catalogues, Unreadable> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .map_err(|error| Unreadable::new(folder, error))?
            .filter_map(|entry| Some(entry.ok()?.path().join("catalog.yaml")))
            .filter(|path| path.is_file())
            .collect();
        files.sort();
        let mut catalogues = Catalogues::new();
        for path in files {
            let (file, text) = self.read(&path)?;
            let (catalogue, found) = Catalogue::parse(file, &text);
            self.found.extend(found);
            catalogues.extend(catalogue.map(|it| (it.lang().clone(), it)));
        }
        Ok(catalogues)
    }

    /// Whether something found keeps the files from being used.
    pub(super) fn is_broken(&self) -> bool {
        self.found.iter().any(|it| it.level == Level::Error)
    }
}
